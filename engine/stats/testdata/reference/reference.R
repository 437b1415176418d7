# Reference values of R, one case a line: function, arguments, value.
# Rscript reference.R > r.txt          (written with R 4.2.2)
options(digits = 17)
put <- function(name, ...) cat(name, format(c(...), digits = 17, trim = TRUE), "\n")

shapes <- list(c(0.05, 0.95), c(0.3, 40), c(0.5, 0.5), c(0.8, 9.2), c(1, 1), c(1, 1e6), c(2.5, 1.5), c(3, 97.25),
               c(41, 961), c(700, 300), c(12345.5, 5.5), c(1e5, 9e5), c(5e6, 5e6))
for (s in shapes) for (p in c(1e-8, 0.001, 0.1, 0.5, 0.9, 0.999)) {
  put("qbeta", s[1], s[2], p, qbeta(p, s[1], s[2]))
  x <- qbeta(p, s[1], s[2])
  put("pbeta", s[1], s[2], x, pbeta(x, s[1], s[2]))
}
for (df in c(0.7, 1, 2, 3.5, 10, 30, 250, 1999, 2000, 5000, 1e5, 1e7))
  for (t in c(0.1, 1, 2.5, 6, 15)) put("pt", t, df, pt(t, df, lower.tail = FALSE))
for (df in c(0.7, 1, 2, 3.5, 10, 30, 250, 1999, 2001, 1e6))
  for (p in c(1e-9, 0.001, 0.025, 0.3, 0.8, 0.9999)) put("qt", p, df, qt(p, df))
for (k in c(1, 2, 5, 20, 100)) for (x in c(0.1, 1, 10, 60, 300)) put("pchisq", x, k, pchisq(x, k, lower.tail = FALSE))
for (z in c(-38, -10, -1, 0, 2, 9, 20)) put("pnorm", z, pnorm(z, lower.tail = FALSE))

for (s in list(c(0, 1), c(0, 30), c(1, 30), c(17, 30), c(30, 30), c(250, 12345)))
  for (level in c(0.8, 0.95, 0.999)) {
    ci <- suppressWarnings(prop.test(s[1], s[2], conf.level = level, correct = FALSE))$conf.int
    put("wilson", s[1], s[2], level, ci[1], ci[2])
  }
for (s in list(c(3, 200, 9, 210), c(40, 50, 30, 60), c(500, 10000, 560, 10001), c(2, 9, 6, 9))) {
  t <- suppressWarnings(prop.test(c(s[3], s[1]), c(s[4], s[2]), correct = FALSE))
  put("prop.test", s[1], s[2], s[3], s[4], unname(t$statistic), t$p.value, t$conf.int[1], t$conf.int[2])
}
for (s in list(c(3, 17, 9, 11), c(0, 5, 5, 0), c(100, 900, 130, 870), c(1, 1000, 12, 990), c(7, 3, 2, 8), c(60, 6000, 100, 6100)))
  put("fisher.test", s[1], s[2], s[3], s[4], fisher.test(matrix(s, 2, byrow = TRUE))$p.value)

x <- c(3.1, 4.7, 2.2, 5.9, 4.4, 3.8); y <- c(5.2, 6.1, 4.9, 7.7, 3.3)
t <- t.test(y, x); put("t.test", unname(t$statistic), unname(t$parameter), t$p.value, t$conf.int[1], t$conf.int[2])
for (a in c("greater", "less")) { t <- t.test(y, x, alternative = a); put(paste0("t.test.", a), t$p.value, t$conf.int[1], t$conf.int[2]) }

for (s in list(c(0.05, 0.06, 0.8, 0.05), c(0.5, 0.4, 0.9, 0.01), c(0.001, 0.004, 0.95, 0.1)))
  put("power.prop.n", s[1], s[2], s[3], s[4], power.prop.test(p1 = s[1], p2 = s[2], power = s[3], sig.level = s[4], tol = 1e-12)$n)
for (s in list(c(500, 0.1, 0.12, 0.05), c(20, 0.2, 0.7, 0.01)))
  put("power.prop", s[1], s[2], s[3], s[4],
      power.prop.test(n = s[1], p1 = s[2], p2 = s[3], sig.level = s[4])$power,
      power.prop.test(n = s[1], p1 = s[2], p2 = s[3], sig.level = s[4], strict = TRUE)$power)
for (s in list(c(0.5, 1, 0.8, 0.05), c(3, 2, 0.9, 0.05), c(0.01, 1, 0.8, 0.05), c(2, 1, 0.99, 0.001)))
  put("power.t.n", s[1], s[2], s[3], s[4], power.t.test(delta = s[1], sd = s[2], power = s[3], sig.level = s[4], tol = 1e-12)$n)
for (s in list(c(5, 0.8, 0.05), c(50, 0.3, 0.01), c(1000, 0.1, 0.05)))
  put("power.t", s[1], s[2], s[3], power.t.test(n = s[1], delta = s[2], sig.level = s[3])$power)

set.seed(7)
for (i in 1:6) {
  p <- round(runif(2 + 3 * i)^2, 6)
  if (i == 6) p <- c(p, p[1:3], 0, 1)
  for (m in c("bonferroni", "holm", "hochberg", "hommel", "BH", "BY")) put(paste0("p.adjust.", m), length(p), p, p.adjust(p, m))
}
