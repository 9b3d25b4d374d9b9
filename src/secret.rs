//! Secrets as a type: wiped on drop, never printed, never compared with `==`.
//!
//! A [`Secret`] is neither `Clone` nor `Copy`, has no `PartialEq`, and prints as `Secret(..)`. The
//! constant-time operations of the arithmetic layer take `&Secret<Scalar>`; the ones whose running
//! time depends on their input end in `_vartime` and take plain scalars, so that a secret cannot
//! reach them by accident.

use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// `Debug` that shows the name of a type and nothing of its value.
macro_rules! opaque_debug {
    ($($name:ident),*) => {$(
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
pub(crate) use opaque_debug;

/// A value that is wiped when it is dropped and that never appears in any output.
///
/// ```compile_fail
/// # use hippocrypt::SecretBytes;
/// fn copy(secret: &SecretBytes) -> SecretBytes {
///     secret.clone() // a secret is not Clone
/// }
/// ```
/// ```compile_fail
/// # use hippocrypt::SecretBytes;
/// fn same(a: &SecretBytes, b: &SecretBytes) -> bool {
///     a == b // comparing takes constant time and is called ct_eq
/// }
/// ```
pub struct Secret<T: Zeroize>(T);

/// Secret bytes on the heap: an encoded key, an opened payload key.
pub type SecretBytes = Secret<Vec<u8>>;

impl<T: Zeroize> Secret<T> {
    /// Takes charge of `value`: from here on it is wiped on drop.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever calls this answers for where it goes.
    pub fn expose_secret(&self) -> &T {
        &self.0
    }

    /// Write access, for filling in place.
    pub(crate) fn expose_secret_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Equality in time that depends on the lengths alone.
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_and_compares_by_value() {
        let secret = Secret::new([7u8; 4]);
        assert_eq!(alloc::format!("{secret:?}"), "Secret(..)");
        assert!(secret.ct_eq(&Secret::new([7u8; 4])));
        assert!(!secret.ct_eq(&Secret::new([8u8; 4])));
    }
}
