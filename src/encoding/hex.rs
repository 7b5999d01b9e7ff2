//! Bytes as hexadecimal digits.
//!
//! By hand: `data-encoding`, which could do base64 as well, makes the filter 69 KiB larger, 55 KiB when it is built to
//! be small.

/// Lower-case hexadecimal digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    text.extend(digits(bytes).map(char::from));
    text
}

/// Two lower-case digits for each byte.
pub(crate) fn digits(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| match half {
        0..10 => b'0'.saturating_add(half),
        _ => b'a'.saturating_add(half.saturating_sub(10)),
    })
}

/// Exactly 32 bytes.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_but_sixty_four_digits_is_decoded() {
        let digits = "0123456789abcdefABCDEF0123456789abcdefABCDEF01230123456789abcdef";
        assert!(decode(digits).is_some());
        assert!(decode(&digits.replace('0', "g")).is_none());
        assert!(decode(&digits.replace("01", "é")).is_none());
        for length in [0, 63, 62] {
            assert!(decode(digits.get(..length).expect("ASCII")).is_none());
        }
        assert!(decode(&format!("{digits}0")).is_none());
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same(bytes: [u8; 32]) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
