//! Shares of work as exact fractions, approximate only where no 64 bits could hold them.

use std::ops::{Add, Mul, Sub};

/// The denominator of a fraction made of a float: fine enough for every display, coarse enough to add up.
const STEPS: i64 = 1 << 32;

/// So many units of so many. Neither reduced nor normalised: 5 of 10 stays 5 of 10.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fraction {
    pub(super) completed: i64,
    pub(super) total: i64,
    /// No exact value fitted, here or in what this was made of.
    pub(super) overflowed: bool,
}

impl Fraction {
    pub(super) const fn new(completed: i64, total: i64) -> Self {
        Self {
            completed,
            total,
            overflowed: false,
        }
    }

    /// The nearest fraction of a power of two; what no fraction can hold saturates.
    pub(super) fn approximate(value: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it saturates, as documented"
        )]
        let completed = (value * STEPS as f64).round() as i64;
        Self {
            overflowed: true,
            ..Self::new(completed, STEPS)
        }
    }

    /// In lowest terms.
    pub(super) fn simplified(self) -> Self {
        let divisor = gcd(self.completed, self.total).max(1);
        Self {
            completed: divided(self.completed, divisor),
            total: divided(self.total, divisor),
            ..self
        }
    }

    /// Nobody can tell how much of the work is done.
    pub(super) const fn is_indeterminate(self) -> bool {
        self.completed < 0 || self.total < 0 || (self.completed == 0 && self.total == 0)
    }

    pub(super) const fn is_finished(self) -> bool {
        self.completed > 0 && self.total >= 0 && self.completed >= self.total
    }

    /// Its value, never NaN: 0 while indeterminate, 1 when there was nothing to do.
    pub(super) fn value(self) -> f64 {
        match self {
            _ if self.is_indeterminate() => 0.0,
            Self { total: 0, .. } => 1.0,
            Self {
                completed, total, ..
            } => completed as f64 / total as f64,
        }
    }

    /// `combine`d over a common denominator; approximated by `approximately` when that does not fit. A denominator of 0 weighs
    /// nothing.
    fn over_common(
        self,
        other: Self,
        combine: fn(i128, i128) -> i128,
        approximately: fn(f64, f64) -> f64,
    ) -> Self {
        if self.total == 0 {
            return other;
        }
        if other.total == 0 {
            return self;
        }
        let exact = || {
            try_over_common(self, other, combine)
                .or_else(|| try_over_common(self.simplified(), other.simplified(), combine))
        };
        (!self.overflowed && !other.overflowed)
            .then(exact)
            .flatten()
            .unwrap_or_else(|| Self::approximate(approximately(self.ratio(), other.ratio())))
    }

    /// The quotient, whatever its sign; the denominator is not 0.
    fn ratio(self) -> f64 {
        self.completed as f64 / self.total as f64
    }
}

fn try_over_common(
    one: Fraction,
    other: Fraction,
    combine: fn(i128, i128) -> i128,
) -> Option<Fraction> {
    let divisor = gcd(one.total, other.total);
    let (a, b) = (divided(one.total, divisor), divided(other.total, divisor));
    // Products of two numbers of 64 bits: no overflow in 128. Nothing is divided in 128, which is a function of its own.
    let product = |a: i64, b: i64| i128::from(a) * i128::from(b);
    let completed = combine(product(one.completed, b), product(other.completed, a));
    let (completed, total) = (i64::try_from(completed), a.checked_mul(other.total));
    Some(Fraction::new(completed.ok()?, total?))
}

/// The greatest common divisor; 0 of two zeros.
fn gcd(a: i64, b: i64) -> u64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `count` by a divisor of it.
fn divided(count: i64, divisor: u64) -> i64 {
    let quotient = (count.unsigned_abs() / divisor).cast_signed();
    match count < 0 {
        true => quotient.wrapping_neg(),
        false => quotient,
    }
}

impl Add for Fraction {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.over_common(other, |a, b| a.saturating_add(b), |a, b| a + b)
    }
}

impl Sub for Fraction {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.over_common(other, |a, b| a.saturating_sub(b), |a, b| a - b)
    }
}

impl Mul for Fraction {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let exact = |a: Self, b: Self| {
            Some(Self::new(
                a.completed.checked_mul(b.completed)?,
                a.total.checked_mul(b.total)?,
            ))
        };
        (!self.overflowed && !other.overflowed)
            .then(|| exact(self, other).or_else(|| exact(self.simplified(), other.simplified())))
            .flatten()
            .unwrap_or_else(|| Self::approximate(self.value() * other.value()))
    }
}

impl PartialEq for Fraction {
    /// By value, not by form; one with the denominator 0 equals none.
    fn eq(&self, other: &Self) -> bool {
        let crossed = |a: &Self, b: &Self| i128::from(a.completed) * i128::from(b.total);
        self.total != 0 && other.total != 0 && crossed(self, other) == crossed(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    const fn of(completed: i64, total: i64) -> Fraction {
        Fraction::new(completed, total)
    }

    fn parts(fraction: Fraction) -> (i64, i64) {
        (fraction.completed, fraction.total)
    }

    /// A third and the reciprocals of these: their common denominator does not fit.
    const PRIMES: [i64; 15] = [5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 69];

    fn sum_of_reciprocals() -> (Fraction, f64) {
        let mut sum = (of(1, 3), 1.0 / 3.0);
        for prime in PRIMES {
            sum = (sum.0 + of(1, prime), sum.1 + 1.0 / prime as f64);
        }
        sum
    }

    #[test]
    fn they_are_equal_by_value() {
        assert_eq!(of(5, 10), of(100, 200));
        assert_eq!(of(5, 10), of(5, 10));
        assert_ne!(of(5, 10), of(3, 10));
        assert_ne!(of(1, 0), of(1, 0));
        assert_eq!(of(i64::MAX - 1, i64::MAX), of(i64::MAX - 1, i64::MAX));
        assert_ne!(of(i64::MAX - 1, i64::MAX), of(i64::MAX - 2, i64::MAX));
    }

    #[test]
    fn of_one_denominator_they_add() {
        assert_eq!(parts(of(5, 10) + of(3, 10)), (8, 10));
    }

    #[test]
    fn of_two_denominators_they_add_over_a_common_one() {
        assert_eq!(parts(of(5, 10) + of(300, 1000)), (800, 1000));
    }

    #[test]
    fn they_subtract() {
        assert_eq!(parts(of(5, 10) - of(3, 10)), (2, 10));
    }

    #[test]
    fn they_multiply() {
        assert_eq!(parts(of(5, 10) * of(1, 2)), (5, 20));
    }

    #[test]
    fn they_simplify() {
        assert_eq!(parts((of(5, 10) + of(3, 10)).simplified()), (4, 5));
        assert_eq!(parts(of(0, 0).simplified()), (0, 0));
        assert_eq!(parts(of(i64::MIN, i64::MIN).simplified()), (-1, -1));
    }

    #[test]
    fn what_does_not_fit_keeps_its_value() {
        let (sum, expected) = sum_of_reciprocals();
        assert!((sum.value() - expected).abs() < 1e-5, "{sum:?} {expected}");
    }

    #[test]
    fn overflow_is_carried_on() {
        let (sum, _) = sum_of_reciprocals();
        assert!(sum.overflowed);
        let more = of(1, 4) + sum;
        assert!(more.overflowed && (more * of(1, 2)).overflowed && (more - of(1, 2)).overflowed);
        assert!((more.value() - (0.25 + sum.value())).abs() < 1e-5);
    }

    #[test]
    fn huge_numbers_do_not_wrap() {
        let (a, b) = (of(48, 60), of(5880, 7200));
        let huge = of(7_048_893_638_467_736_640, 8_811_117_048_084_670_800);
        assert!(((huge - a) + b).completed > 0);
        let sum = (huge - b) + a;
        assert!(sum.completed < 60 && sum == of(47, 60), "{sum:?}");
    }

    #[test]
    fn a_float_becomes_the_nearest_one() {
        assert_eq!(parts(Fraction::approximate(4.25).simplified()), (17, 4));
        assert_eq!(Fraction::approximate(f64::MAX).completed, i64::MAX);
        assert_eq!(Fraction::approximate(f64::NAN).completed, 0);
    }

    #[test]
    fn a_big_denominator_that_fits_is_exact() {
        let half = of((i64::MAX - 1) / 2, i64::MAX - 1);
        let sum = half + of(1, 16);
        assert!(!sum.overflowed && sum == of(9, 16), "{sum:?}");
    }

    #[test]
    fn it_is_never_nan() {
        for completed in -1..=1 {
            for total in -1..=1 {
                assert!(
                    !of(completed, total).value().is_nan(),
                    "{completed} {total}"
                );
            }
        }
    }
}
