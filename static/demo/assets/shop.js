// The cart lives in this browser alone, as { slug: { name, price, image, count } } with prices in cents.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector) => document.querySelectorAll(selector);
  const euro = (cents) => "€" + (cents / 100).toFixed(2);
  const read = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key)) || {};
    } catch {
      return {};
    }
  };
  const write = (key, value) => {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {} // a browser that keeps nothing shows an empty cart
  };

  const cart = read("cart");

  function sums() {
    let count = 0;
    let seeds = 0;
    for (const line of Object.values(cart)) {
      count += line.count;
      seeds += line.count * line.price;
    }
    const postage = seeds < 1500 ? 250 : 0;
    return { count, seeds: euro(seeds), postage: euro(postage), total: euro(seeds + postage) };
  }

  function show() {
    const sum = sums();
    for (const node of all("[data-sum]")) node.textContent = sum[node.dataset.sum];
    for (const node of all("[data-when]")) node.hidden = (node.dataset.when === "full") !== sum.count > 0;
  }

  function line(slug) {
    const { name, image } = cart[slug];
    const item = one("[data-line]").content.firstElementChild.cloneNode(true);
    const count = one("select", item);
    const update = () => {
      one("[data-price]", item).textContent = euro(cart[slug].count * cart[slug].price);
    };
    one("img", item).src = image;
    Object.assign(one("[data-name]", item), { textContent: name, href: "/products/" + slug });
    one("button span", item).textContent = " " + name;
    count.value = cart[slug].count;
    count.addEventListener("change", () => {
      cart[slug].count = +count.value;
      write("cart", cart);
      update();
      show();
    });
    one("button", item).addEventListener("click", () => {
      delete cart[slug];
      write("cart", cart);
      item.remove();
      show();
      one("h1").focus();
    });
    update();
    return item;
  }

  const onSubmit = (selector, act) =>
    one(selector)?.addEventListener("submit", (event) => {
      event.preventDefault();
      act(event.target);
    });

  onSubmit("[data-add]", (form) => {
    const { add, name, price, image } = form.dataset;
    const count = Math.min((cart[add]?.count || 0) + 1, 9);
    write("cart", { ...cart, [add]: { name, price: +price, image, count } });
    location.assign(form.action);
  });

  onSubmit("[data-checkout]", (form) => {
    write("order", { number: "NP-" + (Date.now() % 1e6), total: sums().total });
    write("cart", {});
    location.assign(form.action);
  });

  onSubmit("[data-letter]", (form) => {
    form.reset();
    one("[data-said]", form).textContent = "Thank you. The first one comes with the spring.";
  });

  const order = read("order");
  if (order.number && one("[data-order]")) {
    one("[data-number]").textContent = order.number;
    one("[data-total]").textContent = order.total;
    one("[data-order]").hidden = false;
  }

  // A page that comes back from the browser's memory holds the cart of the time it left.
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  one("[data-lines]")?.append(...Object.keys(cart).map(line));
  show();
})();
