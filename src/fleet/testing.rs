//! The messages of the service with more than ours has of them, and a service that counts as the real one does.

use std::collections::HashMap;

use prost::Message;

use crate::callout::HttpRequest;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) descriptors: Vec<Wanted>,
    #[prost(uint32, tag = "3")]
    pub(crate) hits_addend: u32,
}

/// `RateLimitDescriptor`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Wanted {
    #[prost(message, repeated, tag = "1")]
    pub(crate) entries: Vec<Entry>,
    /// An empty one adds nothing; without one, the service would add one.
    #[prost(message, optional, tag = "3")]
    pub(crate) hits_addend: Option<Hits>,
}

/// `RateLimitDescriptor.Entry`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Entry {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

/// `UInt64Value`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Hits {
    #[prost(uint64, tag = "1")]
    pub(crate) value: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Response {
    #[prost(int32, tag = "1")]
    pub(crate) overall_code: i32,
    #[prost(message, repeated, tag = "2")]
    pub(crate) statuses: Vec<Status>,
    #[prost(string, repeated, tag = "3")]
    pub(crate) headers: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) current_limit: Option<Limit>,
    #[prost(uint32, tag = "3")]
    pub(crate) limit_remaining: u32,
    #[prost(fixed64, tag = "99")]
    pub(crate) of_tomorrow: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Limit {
    #[prost(uint32, tag = "1")]
    pub(crate) requests_per_unit: u32,
    #[prost(int32, tag = "2")]
    pub(crate) unit: i32,
    #[prost(fixed32, tag = "98")]
    pub(crate) of_tomorrow: u32,
}

/// A service whose configuration knows the descriptors of ours, in one domain.
#[derive(Debug, Default)]
pub(crate) struct Service {
    counts: HashMap<(String, String, String, u64), u64>,
    /// Which units its configuration does not know.
    pub(crate) unknown: Vec<&'static str>,
}

impl Service {
    /// Its answer in that second.
    pub(crate) fn answer(&mut self, request: &HttpRequest, second: u64) -> Vec<u8> {
        let message = request.body.get(5..).expect("a frame");
        let Request {
            domain,
            descriptors,
            ..
        } = Request::decode(message).expect("a request");
        let statuses = descriptors.into_iter().map(|wanted| {
            let [entry] = <[Entry; 1]>::try_from(wanted.entries).expect("one entry");
            let unit = super::Unit::ALL
                .into_iter()
                .find(|unit| unit.name() == entry.key);
            let unit = unit.expect("a unit");
            if domain != "palisade" || self.unknown.contains(&unit.name()) {
                return Status {
                    code: 1,
                    ..Status::default()
                };
            }
            let hits = wanted.hits_addend.expect("always said").value;
            let key = (
                domain.clone(),
                entry.key,
                entry.value,
                second / unit.seconds(),
            );
            let count = self.counts.entry(key).or_default();
            *count += hits;
            let limit = Limit {
                requests_per_unit: u32::MAX,
                unit: 2,
                of_tomorrow: 0,
            };
            Status {
                code: 1,
                current_limit: Some(limit),
                limit_remaining: u32::try_from(u64::from(u32::MAX).saturating_sub(*count))
                    .expect("32 bits"),
                of_tomorrow: 0,
            }
        });
        let message = Response {
            overall_code: 1,
            statuses: statuses.collect(),
            headers: Vec::new(),
        };
        let message = message.encode_to_vec();
        let length = u32::try_from(message.len()).expect("short").to_be_bytes();
        [&[0], &length[..], &message].concat()
    }

    /// So many more of each have come, and were given back.
    pub(crate) fn wear(&mut self, number: u64) {
        for count in self.counts.values_mut() {
            *count += number * 0x1_0001;
        }
    }

    /// It forgets everything, as a Redis without persistence does when it starts again.
    pub(crate) fn restart(&mut self) {
        self.counts.clear();
    }

    /// Everything that it knows of, as texts.
    pub(crate) fn keys(&self) -> String {
        format!("{:?}", self.counts)
    }
}
