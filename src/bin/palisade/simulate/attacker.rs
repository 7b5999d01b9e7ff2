//! How an attacker goes about it: which account and address come next, what is guessed, and when an address is left.

use palisade::scenario::{Attack, Order, Scenario, chance};

use super::browser::Browser;
use super::crew::Worker;

/// The state of an attack.
pub(super) struct Attacker<'s> {
    pub(super) attack: &'s Attack,
    seed: u64,
    /// The number of the attempt that begins next; those between are other workers'.
    pub(super) begins: u32,
    /// How many workers there are.
    workers: u32,
    /// Refusals in a row of each address that comes again; it is left for good at [`Self::most`].
    refused: Vec<u8>,
    /// The address that the next attempt looks at first.
    next: u32,
    /// How many addresses are left.
    left: u32,
    /// What the devices of its own accounts keep.
    pub(super) devices: Vec<Browser>,
}

/// One attempt, as often as it is made.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) attack: usize,
    /// Its number in the attack.
    pub(super) number: u32,
    pub(super) address: u32,
    /// How often it may be made again.
    pub(super) retries: u8,
    /// The solution of a challenge that it got.
    pub(super) solution: Option<String>,
}

/// So many refusals stand for "never": such an address comes again however often it is refused.
pub(super) const NEVER: u8 = u8::MAX;

impl<'s> Attacker<'s> {
    pub(super) fn new(attack: &'s Attack, seed: u64, worker: &Worker) -> Self {
        // Addresses that are used once need no memory, nor do those that are never left.
        let most =
            u64::from(attack.attempts).saturating_mul(u64::from(attack.retries).saturating_add(1));
        let returns =
            u64::from(attack.addresses.count) < most && attack.gives_up_after < NEVER.into();
        let kept = if returns { attack.addresses.count } else { 0 };
        Self {
            attack,
            seed,
            begins: worker.number.into(),
            workers: worker.of(),
            refused: vec![0; usize::try_from(kept).unwrap_or(0)],
            next: worker.number.into(),
            left: attack.addresses.count,
            devices: Vec::new(),
        }
    }

    /// How many refusals in a row it takes to leave an address.
    fn most(&self) -> u8 {
        u8::try_from(self.attack.gives_up_after).unwrap_or(NEVER)
    }

    /// Whether an address has been left.
    fn is_left(&self, address: u32) -> bool {
        let refused = usize::try_from(address)
            .ok()
            .and_then(|place| self.refused.get(place));
        self.most() < NEVER && refused.is_some_and(|refused| *refused >= self.most())
    }

    /// The number of the next attempt.
    pub(super) fn begin(&mut self) -> u32 {
        let number = self.begins;
        self.begins = number.saturating_add(self.workers);
        number
    }

    /// The address of the next attempt, each for [`Attack::per_address`] attempts or once around; `None` when all of
    /// them have been left.
    pub(super) fn address(&mut self) -> Option<u32> {
        let count = self.attack.addresses.count;
        if self.left == 0 {
            return None;
        }
        for _ in 0..count {
            let step = self.next;
            self.next = self.next.wrapping_add(self.workers);
            let place = match self.attack.rotation {
                Order::Around => step,
                Order::OneByOne => step.checked_div(self.attack.per_address).unwrap_or(0),
            };
            let address = place.checked_rem(count).unwrap_or(0);
            if !self.is_left(address) {
                return Some(address);
            }
            if self.attack.rotation == Order::OneByOne {
                self.next = place.wrapping_add(1).wrapping_mul(self.attack.per_address);
            }
        }
        None
    }

    /// Tells what became of a request from this address.
    pub(super) fn learn(&mut self, address: u32, refused: bool) {
        let most = self.most();
        if most == NEVER {
            return;
        }
        let known = usize::try_from(address)
            .ok()
            .and_then(|place| self.refused.get_mut(place));
        let Some(count) = known.filter(|count| **count < most) else {
            return;
        };
        *count = if refused { count.saturating_add(1) } else { 0 };
        if *count >= most {
            self.left = self.left.saturating_sub(1);
        }
    }

    /// The account that an attempt is about.
    pub(super) fn account(&self, number: u32) -> u32 {
        let targets = self.attack.targets;
        match self.attack.order {
            Order::Around => number.checked_rem(targets).unwrap_or(0),
            Order::OneByOne => {
                let each = self.attack.attempts.div_ceil(targets).max(1);
                number.checked_div(each).unwrap_or(0)
            }
        }
    }

    /// Whether the guess of an attempt is right, however often it is made.
    pub(super) fn is_right(&self, number: u32) -> bool {
        chance(self.seed, number.into()) < self.attack.right
    }
}

/// Whether several workers can run it: each attempt must be whole by itself.
///
/// # Errors
/// What in it follows from attempts that another worker may have made.
pub(super) fn divisible(scenario: &Scenario) -> Result<(), String> {
    for attack in &scenario.attacks {
        let what = match () {
            () if attack.devices > 0 => "has devices",
            () if attack.retries > 0 => "makes refused attempts again",
            () if attack.gives_up_after < NEVER.into() => "leaves addresses that are refused",
            () => continue,
        };
        return Err(format!(
            "attack {} {what}, so one worker must see all of it; leave out --workers",
            attack.name
        ));
    }
    Ok(())
}
