//! The scalar field: both backends and whole-number arithmetic.

use super::*;

fn from_u64<B: Backend>(value: u64) -> Scalar32 {
    B::fr_to_bytes(&B::fr_from_u64(value))
}

fn from_wide<B: Backend>(bytes: &[u8; 48]) -> Scalar32 {
    B::fr_to_bytes(&B::fr_from_wide(bytes))
}

fn from_canonical<B: Backend>(bytes: &Scalar32) -> Option<Scalar32> {
    B::fr_from_canonical(bytes).map(|a| B::fr_to_bytes(&a))
}

fn add<B: Backend>(a: &Scalar32, b: &Scalar32) -> Scalar32 {
    B::fr_to_bytes(&B::fr_add(&fr::<B>(a), &fr::<B>(b)))
}

fn sub<B: Backend>(a: &Scalar32, b: &Scalar32) -> Scalar32 {
    B::fr_to_bytes(&B::fr_sub(&fr::<B>(a), &fr::<B>(b)))
}

fn mul<B: Backend>(a: &Scalar32, b: &Scalar32) -> Scalar32 {
    B::fr_to_bytes(&B::fr_mul(&fr::<B>(a), &fr::<B>(b)))
}

fn inverse<B: Backend>(a: &Scalar32) -> Scalar32 {
    B::fr_to_bytes(&B::fr_inverse(&fr::<B>(a)))
}

fn equal<B: Backend>(a: &Scalar32, b: &Scalar32) -> bool {
    fr::<B>(a) == fr::<B>(b)
}

#[test]
fn small_numbers() {
    for value in [0, 1, 2, 255, 1 << 32, u64::MAX - 1, u64::MAX] {
        assert_eq!(both!(from_u64(value)), padded(&BigUint::from(value)));
    }
}

#[test]
fn wide_numbers_are_reduced() {
    let mut stream = Stream::new("wide");
    let mut values: Vec<[u8; 48]> = (0..500).map(|_| stream.bytes()).collect();
    values.extend([[0; 48], [0xff; 48]]);
    // Around the multiples of p, up to the largest one below 2^384.
    let last: BigUint = (BigUint::from(1u8) << 384) / p();
    for multiple in
        [BigUint::from(1u8), BigUint::from(2u8), last.clone() - 1u8, last, BigUint::from(1u8) << 128]
    {
        let value = multiple * p();
        values.extend([padded(&(&value - 1u8)), padded(&value), padded(&(&value + 1u8))]);
    }
    // Upper part alone, lower part alone.
    for at in 0..48 {
        let mut bytes = [0; 48];
        bytes[at] = 0xff;
        values.push(bytes);
        bytes[at..].fill(0xff);
        values.push(bytes);
    }
    for value in values {
        assert_eq!(both!(from_wide(&value)), padded(&(BigUint::from_bytes_be(&value) % p())));
    }
}

#[test]
fn canonical_numbers_are_below_p() {
    let mut stream = Stream::new("canonical");
    let mut values = scalars(50);
    values.extend((0..500).map(|_| stream.bytes()));
    values.extend([padded(&p()), padded(&(p() + 1u8)), padded(&(p() * 2u8)), [0xff; 32]]);
    // p with one byte raised or lowered.
    for at in 0..32 {
        let order: Scalar32 = padded(&p());
        for step in [1, 255] {
            let mut bytes = order;
            bytes[at] = bytes[at].wrapping_add(step);
            values.push(bytes);
        }
    }
    for value in values {
        let expected = (BigUint::from_bytes_be(&value) < p()).then_some(value);
        assert_eq!(both!(from_canonical(&value)), expected);
    }
}

#[test]
fn field_operations() {
    let values = scalars(30);
    for a in &values {
        let x = BigUint::from_bytes_be(a);
        let inverse = both!(inverse(a));
        // Fermat: the inverse is the power p - 2, which takes 0 to 0.
        assert_eq!(inverse, padded(&x.modpow(&(p() - 2u8), &p())));
        for b in &values {
            let y = BigUint::from_bytes_be(b);
            assert_eq!(both!(add(a, b)), padded(&((&x + &y) % p())));
            assert_eq!(both!(sub(a, b)), padded(&((&x + p() - &y) % p())));
            assert_eq!(both!(mul(a, b)), padded(&((&x * &y) % p())));
            assert_eq!(both!(equal(a, b)), a == b);
        }
    }
}
