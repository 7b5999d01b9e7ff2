//! Random numbers that a seed gives again.

/// SplitMix64: small, and good enough to choose mutations.
pub(crate) struct Random(u64);

impl Random {
    /// The numbers of one request: of this seed, and of whatever else tells requests apart.
    pub(crate) fn new(seed: u64, stream: u64, number: u64) -> Self {
        let mut random = Self(seed ^ stream.rotate_left(20));
        let mixed = random.next() ^ number;
        Self(mixed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, 0 if that is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 1).map_or(0, |number| number.checked_rem(end).unwrap_or(0))
    }

    /// Whether something that happens once in `times` happens.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, choices: &[&'t T]) -> &'t T {
        choices[self.below(choices.len())]
    }
}
