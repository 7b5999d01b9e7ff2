//! Which device a request comes from, and which ones become known.

use std::time::Duration;

use super::{Device, DeviceId, KnownDevices, Pledge, Stranger};
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
        Self::counted(self.settings.find(whose, cookies, now), host)
    }

    /// The same of the account for which `pledge` stands, if that is one of this realm.
    pub(crate) fn find_pledged<'c>(
        &self,
        (realm, pledge): (&str, &Pledge),
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
        host: &impl Meter,
    ) -> Option<Device> {
        let found = || self.settings.find_pledged(pledge, cookies, now);
        (pledge.realm == self.realm(realm)).then(|| Self::counted(found(), host))?
    }

    /// What stands for an account of this realm until its last step.
    #[inline(never)]
    pub(crate) fn pledge(&self, realm: &str, account: &Account) -> Pledge {
        self.settings.pledge((realm, account), self.realm(realm))
    }

    /// What stands for a realm.
    fn realm(&self, realm: &str) -> [u8; 4] {
        let [a, b, c, d, ..] = self.counters.keys().mark(realm.as_bytes()).to_le_bytes();
        [a, b, c, d]
    }

    fn counted(found: Result<Device, Stranger>, host: &impl Meter) -> Option<Device> {
        match found {
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

    /// The owner has logged in: the value of the `set-cookie` line that makes the client a known device, unless it is
    /// one for long enough, or the account has had its share of new ones.
    pub(crate) fn logged_in(
        &self,
        realm: &str,
        owner: &Owner,
        now: Time,
        host: &impl Host,
    ) -> Option<String> {
        // Of an account that its session remembers, nobody knows the realm and the spelling but by its pledge.
        let mark = self.realm(realm);
        let is_pledged = owner.pledge.is_some_and(|pledge| pledge.realm == mark);
        if owner.account.remembered_mark().is_some() && !is_pledged {
            return None;
        }
        let id = match owner.device {
            Some(device) if !device.renew => return None,
            Some(device) => device.id,
            None => {
                let mark = self.counters.keys().account(&owner.account);
                let whose = [realm.as_bytes(), mark.as_bytes()].join(&0);
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
        match (owner.account.remembered_mark(), &owner.pledge) {
            (None, _) => Some(self.settings.set((realm, &owner.account), id, now)),
            (Some(_), Some(pledge)) => Some(self.settings.set_pledged(pledge, id, now)),
            (Some(_), None) => None,
        }
    }
}
