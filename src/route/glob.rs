//! Paths with wildcards.

/// Whether letter case counts. Only ASCII letters have a case here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    /// `/login` is not `/LOGIN`.
    #[default]
    Sensitive,
    /// `/login` is `/LOGIN`, as it is for applications on Windows and many frameworks.
    Insensitive,
}

impl Case {
    pub(super) fn same(self, pattern: &[u8], text: &[u8]) -> bool {
        match self {
            Self::Sensitive => pattern == text,
            Self::Insensitive => pattern.eq_ignore_ascii_case(text),
        }
    }
}

/// A path in which `*` stands for any text within a segment and `**` for any number of segments, none included.
#[derive(Clone, Debug)]
pub(super) struct Glob(Box<[Segment]>);

#[derive(Clone, Debug)]
enum Segment {
    /// Any number of segments.
    Several,
    /// The pieces between wildcards: one piece is literal text.
    One(Box<[Box<[u8]>]>),
}

impl Glob {
    /// Compiles a canonical path. `None` when `**` is not a segment of its own.
    pub(super) fn new(path: &str) -> Option<Self> {
        let segment = |text: &str| match text {
            "**" => Some(Segment::Several),
            _ if text.contains("**") => None,
            _ => Some(Segment::One(
                text.split('*')
                    .map(|piece| piece.as_bytes().into())
                    .collect(),
            )),
        };
        let segments = path.split('/').skip(1).filter(|text| !text.is_empty());
        segments.map(segment).collect::<Option<_>>().map(Self)
    }

    /// Whether `path` fits as a whole. In time, the length of the path times that of the pattern at most.
    pub(super) fn matches(&self, path: &[u8], case: Case) -> bool {
        let mut pattern = &*self.0;
        let mut rest = if path == b"/" { b"" } else { path };
        // Where to go on when the last `**` takes one segment more. An earlier one need never take more.
        let mut retry: Option<(&[Segment], &[u8])> = None;
        loop {
            let fits = match (pattern, next_segment(rest)) {
                ([], None) => return true,
                ([Segment::Several, later @ ..], _) => {
                    retry = Some((later, rest));
                    Some((later, rest))
                }
                ([Segment::One(pieces), later @ ..], Some((segment, behind))) => {
                    segment_fits(pieces, segment, case).then_some((later, behind))
                }
                ([], Some(_)) | ([Segment::One(_), ..], None) => None,
            };
            (pattern, rest) = match fits {
                Some(further) => further,
                None => {
                    let Some((later, begin)) = retry else {
                        return false;
                    };
                    let Some((_, behind)) = next_segment(begin) else {
                        return false;
                    };
                    retry = Some((later, behind));
                    (later, behind)
                }
            };
        }
    }
}

/// The first segment of a path and the path behind it.
fn next_segment(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = path.strip_prefix(b"/")?;
    let end = text.iter().position(|byte| *byte == b'/');
    text.split_at_checked(end.unwrap_or(text.len()))
}

/// Whether the pieces stand in the segment in their order, the first at its beginning, the last at its end. The
/// leftmost place for each piece between leaves most for those that follow.
fn segment_fits(pieces: &[Box<[u8]>], segment: &[u8], case: Case) -> bool {
    let (first, between, last) = match pieces {
        [] => return segment.is_empty(),
        [only] => return case.same(only, segment),
        [first, between @ .., last] => (first, between, last),
    };
    let Some((head, rest)) = segment.split_at_checked(first.len()) else {
        return false;
    };
    let ends = rest.len().checked_sub(last.len());
    let Some((mut middle, tail)) = ends.and_then(|length| rest.split_at_checked(length)) else {
        return false;
    };
    if !case.same(first, head) || !case.same(last, tail) {
        return false;
    }
    for piece in between {
        // No piece between is empty: two wildcards side by side are refused.
        let place = middle
            .windows(piece.len().max(1))
            .position(|window| case.same(piece, window));
        let behind = place.and_then(|place| middle.get(place.saturating_add(piece.len())..));
        let Some(behind) = behind else {
            return false;
        };
        middle = behind;
    }
    true
}
