//! Which device a request comes from, and which ones become known.

use std::time::Duration;

use super::cookie::CookieKind;
use super::known::CookieOwner;
use super::proof::Proofs;
use super::{Device, DeviceId, KnownDevices, Pledge, Stranger};
use crate::host::Host;
use crate::identity::account::Account;
use crate::limits::{Counters, Window};
use crate::principal::Owner;
use crate::store::Fill;
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// The devices that are known to accounts.
#[derive(Debug)]
pub(crate) struct Devices {
    settings: KnownDevices,
    counters: Counters,
    /// Which provisional ones have logged in.
    proofs: Proofs,
}

impl Devices {
    /// How full the table of those is that no cookie shows yet.
    pub(crate) fn fill(&self, start: u64, now: Time, host: &impl Host) -> Fill {
        self.proofs.fill(start, now, host)
    }

    /// The devices that are known by these settings. New ones are counted in `counters`.
    pub(crate) fn new(settings: KnownDevices, counters: Counters, namespace: &str) -> Self {
        Self {
            proofs: Proofs::new(namespace, counters.keys().clone()),
            settings,
            counters,
        }
    }

    /// The device that one of `cookies` shows to have logged into an account of this realm before.
    pub(crate) fn find<'c>(
        &self,
        whose: (&str, &Account),
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
        (host, meter): (&impl Host, &impl Meter),
    ) -> Option<Device> {
        let found = self.settings.find(whose, cookies, now);
        self.known(found, now, (host, meter))
    }

    /// The same of the account for which `pledge` stands, if that is one of this realm.
    pub(crate) fn find_pledged<'c>(
        &self,
        (realm, pledge): (&str, &Pledge),
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
        (host, meter): (&impl Host, &impl Meter),
    ) -> Option<Device> {
        if pledge.realm != self.realm(realm) {
            return None;
        }
        let found = self.settings.find_pledged(pledge, cookies, now);
        self.known(found, now, (host, meter))
    }

    /// Whether a device has logged in, as its cookie shows or as is known of it.
    fn is_proven(&self, device: Device, now: Time, host: &impl Host) -> bool {
        device.kind == CookieKind::Lasting || self.proofs.has(device.id, now, host)
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

    /// A device that is known, of which is told.
    fn known(
        &self,
        found: Result<Device, Stranger>,
        now: Time,
        (host, meter): (&impl Host, &impl Meter),
    ) -> Option<Device> {
        match found {
            Ok(device) if self.is_proven(device, now, host) => {
                meter.meter(Event::DeviceKnown);
                Some(device)
            }
            // Nothing is wrong with a provisional cookie whose login has failed.
            Ok(_) | Err(Stranger::Absent) => None,
            Err(stranger) => {
                meter.meter(Event::DeviceRefused(stranger));
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
        host: &impl Host,
    ) -> Option<Device> {
        let found = self.settings.find(whose, cookies, now).ok();
        found.filter(|device| self.is_proven(*device, now, host))
    }

    /// The value of a `set-cookie` line for an answer whose headers must go before it is known whether the owner logs
    /// in, and the device that [`Self::proven`] then makes known by it. Whose provisional device is known gets the
    /// cookie that shows it.
    pub(crate) fn provisional(
        &self,
        realm: &str,
        owner: &Owner,
        now: Time,
        host: &impl Host,
    ) -> Option<(Option<DeviceId>, String)> {
        let whose = self.whose(realm, owner)?;
        let (new, device) = match owner.device {
            Some(device) if device.kind == CookieKind::Provisional => {
                (None, (device.id, CookieKind::Lasting))
            }
            // A known device loses nothing by an answer that is no success.
            Some(_) => return None,
            None => {
                let id = DeviceId::new(host.random());
                (Some(id), (id, CookieKind::Provisional))
            }
        };
        Some((new, self.settings.set(whose, device, now)))
    }

    /// The owner has logged in, by an answer that has made the client this provisional device.
    pub(crate) fn proven(
        &self,
        realm: &str,
        (owner, device): (&Owner, DeviceId),
        now: Time,
        host: &impl Host,
    ) {
        let lifetime = self.settings.cookies.lifetime.get();
        if self.has_share(realm, owner, now, host) && self.proofs.put(device, lifetime, now, host) {
            host.meter(Event::DeviceSet);
        }
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
        let whose = self.whose(realm, owner)?;
        let id = match owner.device {
            Some(device) if !device.renew => return None,
            Some(device) => device.id,
            None if !self.has_share(realm, owner, now, host) => return None,
            None => DeviceId::new(host.random()),
        };
        let device = (id, CookieKind::Lasting);
        Some(self.settings.set(whose, device, now))
    }

    /// Whether the account may get one more device today.
    fn has_share(&self, realm: &str, owner: &Owner, now: Time, host: &impl Host) -> bool {
        let mark = self.counters.keys().account(&owner.account);
        let whose = [realm.as_bytes(), mark.as_bytes()].join(&0);
        let day = Window::new(Duration::from_secs(86_400));
        let share = day.map(|day| (self.settings.new_per_day, day));
        let admits = |share| {
            self.counters
                .admits("new devices", &whose, share, now, host)
        };
        let has_share = share.is_some_and(admits);
        if !has_share {
            host.meter(Event::DeviceTooMany);
        }
        has_share
    }

    /// For whom a cookie of the owner is signed; `None` if none can be: of an account that its session remembers,
    /// nobody knows the realm and the spelling but by its pledge.
    fn whose<'o>(&self, realm: &'o str, owner: &'o Owner) -> Option<CookieOwner<'o>> {
        if owner.account.remembered_mark().is_none() {
            return Some(CookieOwner::Named(realm, &owner.account));
        }
        let pledge = owner.pledge.as_ref()?;
        (pledge.realm == self.realm(realm)).then_some(CookieOwner::Pledged(pledge))
    }
}
