//! Networks with what is known of each; the longest that holds an address tells.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use palisade::address::ClientAddress;

/// Values by network.
#[derive(Debug)]
pub(super) struct Networks<T> {
    values: HashMap<IpNet, T>,
    /// The lengths that there are of IPv4 and IPv6, the longest first.
    lengths: [Vec<u8>; 2],
}

impl<T> Default for Networks<T> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            lengths: [Vec::new(), Vec::new()],
        }
    }
}

impl<T> Networks<T> {
    /// Adds a network. What was known of the same one before holds no more.
    pub(super) fn add(&mut self, network: IpNet, value: T) {
        let network = network.trunc();
        let [v4, v6] = &mut self.lengths;
        let lengths = match network {
            IpNet::V4(_) => v4,
            IpNet::V6(_) => v6,
        };
        let length = network.prefix_len();
        if let Err(place) = lengths.binary_search_by(|known| length.cmp(known)) {
            lengths.insert(place, length);
        }
        self.values.insert(network, value);
    }

    /// What is known of an address.
    pub(super) fn find(&self, address: IpAddr) -> Option<&T> {
        let [v4, v6] = &self.lengths;
        let lengths = if address.is_ipv4() { v4 } else { v6 };
        lengths.iter().find_map(|length| {
            let network = IpNet::new(address, *length).ok()?;
            self.values.get(&network.trunc())
        })
    }
}

/// An address or a network, as text; an IPv6 address that carries an IPv4 address is that.
pub(super) fn entry(text: &str) -> Option<IpNet> {
    let text = text.trim();
    match text.contains('/') {
        true => text.parse().ok(),
        false => ClientAddress::parse(text.as_bytes()).map(|address| address.ip().into()),
    }
}

/// How many lines of one file are named.
const NAMED: usize = 3;

/// Lines of networks; what stands behind `#` or a blank is a remark.
pub(super) fn list(file: &Path, text: &str, wrong: &mut Vec<String>) -> Networks<()> {
    let mut all = Networks::default();
    read(file, text, wrong, |line| {
        let network = line
            .split([' ', '\t', '#', ',', ';'])
            .next()
            .unwrap_or_default();
        if !network.is_empty() {
            all.add(entry(network).ok_or("no address and no network")?, ());
        }
        Ok(())
    });
    all
}

/// Reads each line of a file; the first ones that cannot be read are named.
pub(super) fn read(
    file: &Path,
    text: &str,
    wrong: &mut Vec<String>,
    mut read: impl FnMut(&str) -> Result<(), &'static str>,
) {
    let mut count = 0_usize;
    for (index, line) in text.lines().enumerate() {
        if let Err(why) = read(line.trim()) {
            count = count.saturating_add(1);
            if count <= NAMED {
                let number = index.saturating_add(1);
                wrong.push(format!("{}:{number}: {why}", file.display()));
            }
        }
    }
    if count > NAMED {
        let rest = count.saturating_sub(NAMED);
        wrong.push(format!("{}: {rest} more lines like these", file.display()));
    }
}
