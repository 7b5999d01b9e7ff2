use super::LastLogin;
use crate::fields::{put, take};
use crate::intelligence::Position;
use crate::records::{Kind, PAYLOAD, Priority, Record};
use crate::time::Time;

/// What is stored: latitude and longitude in tenths of a degree, two bytes each, and the time in seconds since the
/// epoch, four.
impl Record for LastLogin {
    const KIND: Kind = Kind::Position;

    fn priority(&self) -> Priority {
        Priority::Ordinary
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let (latitude, longitude) = self.position.to_tenths();
        let mut bytes = [0; PAYLOAD];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, latitude.to_le_bytes());
        put(&mut rest, longitude.to_le_bytes());
        put(&mut rest, self.at.seconds().to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let latitude = i16::from_le_bytes(take(&mut rest)?);
        let longitude = i16::from_le_bytes(take(&mut rest)?);
        Some(Self {
            position: Position::from_tenths(latitude, longitude)?,
            at: Time::from_secs(u32::from_le_bytes(take(&mut rest)?).into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_login_or_none_and_a_login_survives_encoding(
            bytes in proptest::array::uniform32(any::<u8>()), latitude in -900_i16..=900,
            longitude in -1800_i16..=1800, at: u32,
        ) {
            let mut stored = [0; PAYLOAD];
            stored[..32].copy_from_slice(&bytes);
            if let Some(login) = LastLogin::decode(&stored) {
                prop_assert_eq!(LastLogin::decode(&login.encode()), Some(login));
            }
            let login = LastLogin {
                position: Position::from_tenths(latitude, longitude).expect("in range"),
                at: Time::from_secs(at.into()),
            };
            prop_assert_eq!(LastLogin::decode(&login.encode()), Some(login));
        }
    }
}
