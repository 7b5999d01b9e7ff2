/// A header map in the ABI's serialised form: a count, then the sizes of each name and value, then
/// names and values, each followed by a NUL; all numbers are 32-bit little-endian.
///
/// Where its lines stand is found out once; they are read in place. A block that is cut short yields the headers before
/// the cut.
#[derive(Clone, Debug, Default)]
pub struct HeaderBlock {
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

/// Where a line stands: its name begins at `name` and has `name_size` bytes; likewise the value.
#[derive(Clone, Copy, Debug)]
struct Line {
    name: u32,
    name_size: u32,
    value: u32,
    value_size: u32,
}

impl HeaderBlock {
    /// Takes the host's bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let lines = lines(&bytes);
        Self { bytes, lines }
    }

    /// These names and values. A line that does not fit 32 bits, and what stands behind it, is left out.
    #[must_use]
    pub fn of<'l>(lines: impl Iterator<Item = (&'l [u8], &'l [u8])> + Clone) -> Self {
        let sizes = lines.clone();
        let sizes = sizes.map(|(name, value)| (1_usize, name.len().saturating_add(value.len())));
        let (count, size) = sizes.fold((0_usize, 0_usize), |all, one| {
            (all.0.saturating_add(one.0), all.1.saturating_add(one.1))
        });
        let mut block = Self {
            bytes: Vec::with_capacity(size),
            lines: Vec::with_capacity(count),
        };
        for (name, value) in lines {
            let Some(line) = block.line(name, value) else {
                break;
            };
            block.bytes.extend_from_slice(name);
            block.bytes.extend_from_slice(value);
            block.lines.push(line);
        }
        block
    }

    /// Where a line stands that is written next.
    fn line(&self, name: &[u8], value: &[u8]) -> Option<Line> {
        let at = u32::try_from(self.bytes.len()).ok()?;
        let [name_size, value_size] = [name, value].map(|text| u32::try_from(text.len()).ok());
        let (name_size, value_size) = (name_size?, value_size?);
        let value = at.checked_add(name_size)?;
        value.checked_add(value_size)?;
        Some(Line {
            name: at,
            name_size,
            value,
            value_size,
        })
    }

    /// The lines alone whose names are to be kept.
    #[must_use]
    pub fn only(&self, is_kept: impl Fn(&[u8]) -> bool) -> Self {
        let kept = self.lines.iter().copied();
        let kept = kept.filter(|line| is_kept(self.text(line.name, line.name_size)));
        let kept: Vec<Line> = kept.collect();
        Self::of(kept.iter().map(|line| self.read(line)))
    }

    /// Name and value of each header line, in the host's order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| self.read(line))
    }

    fn read(&self, line: &Line) -> (&[u8], &[u8]) {
        (
            self.text(line.name, line.name_size),
            self.text(line.value, line.value_size),
        )
    }

    /// The values of all lines of one name, given in lower case, in order.
    pub fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// How many bytes its names and values have, as Envoy counts the size of a head.
    #[must_use]
    pub fn size(&self) -> u64 {
        let sizes = self
            .iter()
            .map(|(name, value)| name.len().saturating_add(value.len()));
        sizes.fold(0, |all, size| {
            all.saturating_add(u64::try_from(size).unwrap_or(u64::MAX))
        })
    }

    /// The target of a request; empty when it has none (CONNECT).
    #[must_use]
    pub fn target(&self) -> &[u8] {
        self.lines(":path").next().unwrap_or_default()
    }

    /// The query of the target; empty when there is none.
    #[must_use]
    pub fn query(&self) -> &[u8] {
        let mut parts = self.target().split(|byte| *byte == b'#');
        let target = parts.next().unwrap_or_default();
        match target.iter().position(|byte| *byte == b'?') {
            Some(at) => target.get(at.saturating_add(1)..).unwrap_or_default(),
            None => &[],
        }
    }

    fn text(&self, at: u32, size: u32) -> &[u8] {
        let (at, size) = (usize_of(at), usize_of(size));
        let text = self.bytes.get(at..at.saturating_add(size));
        text.unwrap_or_default()
    }
}

/// Where the lines of a block stand, up to the first that is not whole.
fn lines(bytes: &[u8]) -> Vec<Line> {
    let Some((count, rest)) = bytes.split_first_chunk() else {
        return Vec::new();
    };
    let count = usize_of(u32::from_le_bytes(*count));
    let (sizes, _) = rest.as_chunks::<8>();
    let Some(sizes) = sizes.get(..count) else {
        return Vec::new();
    };
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut at = u32::try_from(count.saturating_mul(8).saturating_add(4)).unwrap_or(u32::MAX);
    let line = |&[a, b, c, d, e, f, g, h]: &[u8; 8]| {
        let (name_size, value_size) = (
            u32::from_le_bytes([a, b, c, d]),
            u32::from_le_bytes([e, f, g, h]),
        );
        let name = at;
        let value = name.checked_add(name_size)?.checked_add(1)?;
        let end = value.checked_add(value_size).filter(|end| *end <= size)?;
        at = end.saturating_add(1);
        Some(Line {
            name,
            name_size,
            value,
            value_size,
        })
    };
    let mut lines = Vec::with_capacity(count);
    lines.extend(sizes.iter().map_while(line));
    lines
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Serialises header lines for the host.
///
/// A line whose name or value does not fit 32 bits cannot come from the host, nor from us; it is left out.
#[must_use]
pub fn serialise<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Vec<u8> {
    let fits = |(name, value): &(&[u8], &[u8])| {
        u32::try_from(name.len()).is_ok() && u32::try_from(value.len()).is_ok()
    };
    let pairs = pairs.filter(fits);
    let size = pairs.clone().fold(4_usize, |size, (name, value)| {
        size.saturating_add(name.len())
            .saturating_add(value.len())
            .saturating_add(10)
    });
    let mut bytes = Vec::with_capacity(size);
    let put = |bytes: &mut Vec<u8>, number: usize| {
        bytes.extend_from_slice(&u32::try_from(number).unwrap_or(0).to_le_bytes());
    };
    put(&mut bytes, pairs.clone().count());
    for (name, value) in pairs.clone() {
        put(&mut bytes, name.len());
        put(&mut bytes, value.len());
    }
    for (name, value) in pairs {
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(value);
        bytes.push(0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Line = (Vec<u8>, Vec<u8>);

    fn serialised(lines: &[Line]) -> Vec<u8> {
        serialise(lines.iter().map(|(name, value)| (&name[..], &value[..])))
    }

    proptest! {
        #[test]
        fn what_is_serialised_reads_back(lines: Vec<Line>) {
            let block = HeaderBlock::new(serialised(&lines));
            let back: Vec<Line> = block.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
            prop_assert_eq!(back, lines);
        }

        #[test]
        fn what_a_block_is_made_of_reads_back(lines: Vec<Line>) {
            let block = HeaderBlock::of(lines.iter().map(|(name, value)| (&name[..], &value[..])));
            let back: Vec<Line> = block.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
            prop_assert_eq!(back, lines);
        }

        #[test]
        fn the_lines_that_are_kept_stay_as_they_were(lines: Vec<Line>, longest: u8) {
            let is_kept = |name: &[u8]| name.len() <= usize::from(longest % 8);
            let block = HeaderBlock::new(serialised(&lines)).only(is_kept);
            let back: Vec<Line> = block.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
            let kept: Vec<Line> = lines.into_iter().filter(|(name, _)| is_kept(name)).collect();
            prop_assert_eq!(back, kept);
        }

        #[test]
        fn a_block_that_is_cut_short_yields_the_lines_before_the_cut(lines: Vec<Line>, cut: prop::sample::Index) {
            let mut bytes = serialised(&lines);
            bytes.truncate(cut.index(bytes.len()));
            let block = HeaderBlock::new(bytes);
            for ((name, value), line) in block.iter().zip(&lines) {
                prop_assert_eq!((name, value), (&line.0[..], &line.1[..]));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = HeaderBlock::new(bytes).iter().count();
        }
    }

    #[test]
    fn a_count_that_lies_reads_nothing() {
        assert_eq!(HeaderBlock::new(vec![0xff; 64]).iter().count(), 0);
    }

    #[test]
    fn all_lines_of_one_name_are_found_in_order() {
        let line = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let block = HeaderBlock::new(serialised(&[
            line("x-forwarded-for", "a"),
            line("other", "b"),
            line("X-Forwarded-For", "c"),
        ]));
        let lines: Vec<&[u8]> = block.lines("x-forwarded-for").collect();
        assert_eq!(lines, [b"a", b"c"]);
    }
    #[test]
    fn the_query_stands_between_the_first_question_mark_and_the_fragment() {
        for (target, expected) in [
            ("/login?a=1?b", "a=1?b"),
            ("/login?a=1#?b", "a=1"),
            ("/login#?a", ""),
            ("/login", ""),
            ("", ""),
        ] {
            let block = HeaderBlock::new(serialised(&[(b":path".to_vec(), target.into())]));
            assert_eq!(block.query(), expected.as_bytes(), "{target}");
        }
    }
}
