//! A list that is never empty. One element alone costs no memory of its own.

/// One or more, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonEmpty<T> {
    /// The first.
    pub first: T,
    /// Those behind it.
    pub others: Vec<T>,
}

impl<T> NonEmpty<T> {
    /// One alone.
    #[must_use]
    pub const fn one(first: T) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// What comes out of an iterator; `None` if nothing does.
    pub fn collect(mut items: impl Iterator<Item = T>) -> Option<Self> {
        Some(Self {
            first: items.next()?,
            others: items.collect(),
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// What becomes of each.
    pub fn map<U>(&self, mut become_of: impl FnMut(&T) -> U) -> NonEmpty<U> {
        NonEmpty {
            first: become_of(&self.first),
            others: self.others.iter().map(become_of).collect(),
        }
    }
}
