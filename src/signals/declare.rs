//! What the table of signals is written with.

/// Declares one kind of signals: the enum, and what each of them is called, weighs and means.
///
/// A row is `Variant = "name", "what it means", weighs 35 "what is to be known of that";`. Without
/// `weighs` it cannot add to the score. The words before the rows begin the sentence that the meaning ends.
macro_rules! kind {
    (
        $(#[$about:meta])*
        $kind:ident: $start:literal {
            $($signal:ident = $name:literal, $meaning:literal $(, weighs $weight:literal $($note:literal)?)?;)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $kind {
            $(#[doc = concat!($start, $meaning, ".")] $signal),+
        }

        impl $kind {
            /// All of them, in the order of their numbers.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$signal),+];

            /// Its place in [`Self::ALL`].
            #[must_use]
            #[expect(clippy::as_conversions, reason = "the discriminant of a u8 enum")]
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The name in configuration, annotations, logs and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$signal => $name),+
                }
            }

            /// The signal of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                let place = [$($name),+].iter().position(|each| *each == name)?;
                Self::ALL.get(place).copied()
            }

            /// What it adds to the score unless the operator says otherwise; `None` when it cannot add anything.
            #[must_use]
            pub const fn weight(self) -> Option<i16> {
                match self {
                    $(Self::$signal => optional!($($weight)?)),+
                }
            }

            /// What it means, as the documents have it.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$signal => $meaning),+
                }
            }

            /// What it means, as a sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$signal => concat!($start, $meaning, ".")),+
                }
            }

            /// What is to be known of its weight; often empty.
            #[must_use]
            pub const fn note(self) -> &'static str {
                match self {
                    $(Self::$signal => concat!("" $($(, $note)?)?)),+
                }
            }
        }
    };
}

/// Declares the signals that are numbers: as [`kind`], each with the numbers that there are and their unit.
macro_rules! measures {
    (
        $(#[$about:meta])*
        $kind:ident: $start:literal {
            $(
                $signal:ident = $name:literal, $meaning:literal, $scale:ident $unit:literal
                $(, weighs $weight:literal $($note:literal)?)?;
            )+
        }
    ) => {
        kind! {
            $(#[$about])*
            $kind: $start {
                $($signal = $name, $meaning $(, weighs $weight $($note)?)?;)+
            }
        }

        impl $kind {
            /// The numbers that there are.
            #[must_use]
            pub const fn scale(self) -> Scale {
                match self {
                    $(Self::$signal => Scale::$scale),+
                }
            }

            /// The unit; empty when there is none.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self {
                    $(Self::$signal => $unit),+
                }
            }
        }
    };
}

/// `Some` of what is given, or `None`.
macro_rules! optional {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}
