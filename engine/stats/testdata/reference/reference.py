"""Reference values by mpmath at 30 digits, one case a line: function, arguments, value.

python3 reference.py > mpmath.txt          (written with mpmath 1.2.1)

Distribution functions are the incomplete beta and gamma functions of mpmath, and
integrals are its adaptive tanh-sinh quadrature: nothing is shared with the panels
of package stats.
"""
from mpmath import mp, mpf, betainc, beta, quad, sqrt, exp, log, gamma, gammainc, erfc, pi, nstr, linspace

mp.dps = 30


def put(*row):
    print(*[x if isinstance(x, str) else nstr(mpf(x), 20) for x in row])


def pdf(a, b):
    c = beta(a, b)
    return lambda x: x ** (a - 1) * (1 - x) ** (b - 1) / c


def cdf(a, b):
    return lambda x: betainc(a, b, 0, x, regularized=True) if 0 < x < 1 else mpf(x >= 1)


def cuts(arms):
    """Breakpoints around each mean, for the quadrature to find narrow peaks."""
    points = {mpf(0), mpf(1)}
    for a, b in arms:
        m, s = mpf(a) / (a + b), sqrt(mpf(a) * b / (a + b) ** 2 / (a + b + 1))
        points |= {m + k * s for k in (-12, -6, -3, 0, 3, 6, 12) if 0 < m + k * s < 1}
    return sorted(points)


def best(arms):
    arms = [(mpf(a), mpf(b)) for a, b in arms]
    F = [cdf(a, b) for a, b in arms]
    for i, (a, b) in enumerate(arms):
        f = pdf(a, b)

        def won(x):
            p = f(x)
            for j in range(len(arms)):
                if j != i:
                    p *= F[j](x)
            return p

        yield quad(won, cuts(arms))


for arms in ([(2, 5), (3, 4), (1.5, 2.5)], [(30, 70), (25, 75), (40, 65), (28.5, 70)], [(0.8, 9.2), (3.8, 90.2)], [(0.3, 3), (0.7, 2)]):
    put("best", len(arms), *[x for arm in arms for x in arm], *best(arms))

for a, b, q in (((41, 961), (51, 951), "0.1"), ((3, 98), (8, 93), "0.9"), ((20.5, 30), (5, 9), "0.5")):
    A, B, f = cdf(*map(mpf, a)), cdf(*map(mpf, b)), pdf(*map(mpf, a))
    for ratio in ("0.8", "1.3"):
        r = mpf(ratio)
        put("ratio", *a, *b, ratio, quad(lambda x: f(x) * B(r * x), cuts([a, b])))
    for diff in ("-0.02", "0.015"):
        d = mpf(diff)
        put("diff", *a, *b, diff, quad(lambda x: f(x) * B(x + d), cuts([a, b])))

for a, b in (((30, 70), (20, 60)), ((3, 5), (9, 4))):
    # P(θ1 θ2 > θ3) for one path of two steps against one of a single step.
    c = (12, 20)
    put("path", *a, *b, *c, quad(lambda x, y: pdf(*map(mpf, a))(x) * pdf(*map(mpf, b))(y) * cdf(*map(mpf, c))(x * y), [0, 1], [0, 1]))

for (ma, ka, aa, ba), (mb, kb, ab, bb) in (((0, 5, 3, 2), (0.4, 7, 2.5, 3)), ((1, 40, 21, 15), (1.1, 38, 20, 19))):
    # μ = m + √(β/(ακ)) T with T Student's t on 2α degrees of freedom.
    def tpdf(t, n):
        return gamma((n + 1) / mpf(2)) / sqrt(n * pi) / gamma(n / mpf(2)) * (1 + t * t / n) ** (-(n + 1) / mpf(2))

    def tcdf(t, n):
        tail = betainc(n / mpf(2), mpf(1) / 2, 0, n / (n + t * t), regularized=True) / 2
        return tail if t < 0 else 1 - tail

    sa, sb = sqrt(mpf(ba) / aa / ka), sqrt(mpf(bb) / ab / kb)
    p = quad(lambda t: tpdf(t, mpf(2 * aa)) * tcdf((mpf(mb) - ma - sa * t) / sb, mpf(2 * ab)), [-mp.inf, -5, 0, 5, mp.inf])
    put("nig", ma, ka, aa, ba, mb, kb, ab, bb, p)

for a, b in (((3, 2), (4, 2.5)), ((31, 101), (43, 106))):
    (sa, ra), (sb, rb) = a, b
    p = quad(lambda x: x ** (mpf(sb) - 1) * exp(-x) / gamma(mpf(sb)) * gammainc(mpf(sa), 0, x * mpf(ra) / rb, regularized=True), [0, 1, sb, 4 * sb + 20])
    put("gamma", sa, ra, sb, rb, p)

for z in (-3, 0.5, 5, 9.9, 10.1, 25):
    z = mpf(z)
    put("unitloss", z, exp(-z * z / 2) / sqrt(2 * pi) - z * erfc(z / sqrt(2)) / 2)
