//! Which device a request comes from, and which ones become known.

use std::time::Duration;

use super::{Device, DeviceId, KnownDevices, Stranger};
use crate::host::Host;
use crate::identity::account::Account;
use crate::limits::{Counters, Window};
use crate::principal::Owner;
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// The devices that are known to accounts.
#[derive(Debug)]
pub(crate) struct Devices {
    settings: KnownDevices,
    counters: Counters,
}

impl Devices {
    /// The devices that are known by these settings. New ones are counted in `counters`.
    pub(crate) const fn new(settings: KnownDevices, counters: Counters) -> Self {
        Self { settings, counters }
    }

    /// The device that one of `cookies` shows to have logged into an account of this realm before.
    pub(crate) fn find<'c>(
        &self,
        whose: (&str, &Account),
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
        host: &impl Meter,
    ) -> Option<Device> {
        match self.settings.find(whose, cookies, now) {
            Ok(device) => {
                host.meter(Event::DeviceKnown);
                Some(device)
            }
            Err(Stranger::Absent) => None,
            Err(stranger) => {
                host.meter(Event::DeviceRefused(stranger));
                None
            }
        }
    }

    /// The same, of which nothing is told.
    pub(crate) fn find_silently<'c>(
        &self,
        whose: (&str, &Account),
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
    ) -> Option<Device> {
        self.settings.find(whose, cookies, now).ok()
    }

    /// The owner has logged in: the value of the `set-cookie` line that makes the client a known device, unless it is one for long enough, or the
    /// account has had its share of new ones.
    pub(crate) fn logged_in(
        &self,
        realm: &str,
        owner: &Owner,
        now: Time,
        host: &impl Host,
    ) -> Option<String> {
        let id = match owner.device {
            Some(device) if !device.renew => return None,
            Some(device) => device.id,
            None => {
                let whose = [realm.as_bytes(), owner.account.as_bytes()].join(&0);
                let day = Window::new(Duration::from_secs(86_400));
                let share = day.map(|day| (self.settings.new_per_day, day));
                let admits = |share| {
                    self.counters
                        .admits("new devices", &whose, share, now, host)
                };
                if !share.is_some_and(admits) {
                    host.meter(Event::DeviceTooMany);
                    return None;
                }
                DeviceId::new(host.random())
            }
        };
        Some(self.settings.set((realm, &owner.account), id, now))
    }
}
