//! What is counted of a run: one table of numbers, and curves over time.

use serde_json::{Map, Value, json};

/// How many points a curve has.
pub(super) const POINTS: usize = 96;

/// Declares the numbers of a run.
macro_rules! figures {
    ($($(#[$about:meta])* $figure:ident = $name:literal,)+) => {
        /// One number of a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Figure {
            $($(#[$about])* $figure),+
        }

        impl Figure {
            const ALL: [Self; [$($name),+].len()] = [$(Self::$figure),+];

            /// The name in JSON.
            const fn name(self) -> &'static str {
                match self {
                    $(Self::$figure => $name),+
                }
            }

            /// Its place among all.
            fn number(self) -> usize {
                Self::ALL.iter().position(|each| *each == self).unwrap_or(0)
            }
        }
    };
}

figures! {
    /// Attempts that attackers would have made.
    Attempts = "attack_attempts",
    /// Requests that attackers made.
    Requests = "attack_requests",
    /// Of those, the ones that reached the application: guesses, or mails sent.
    Reached = "attack_reached_application",
    /// Denied.
    Denied = "attack_denied",
    /// Limited.
    Limited = "attack_limited",
    /// Challenged.
    Challenged = "attack_challenged",
    /// Challenges that attackers solved.
    Solved = "attack_challenges_solved",
    /// The tries that took them, on average.
    Work = "attack_work_tries",
    /// Attempts that were not made, since no address was left.
    GivenUp = "attack_attempts_given_up",
    /// Right passwords of accounts whose second factor kept the attacker out.
    Halted = "accounts_halted_by_second_factor",
    /// Accounts that the attackers have.
    Taken = "accounts_taken_over",
    /// Logins that honest people wanted.
    Wanted = "honest_logins_wanted",
    /// Those that worked.
    Done = "honest_logins_done",
    /// Those that did not, because of a refusal.
    TurnedAway = "honest_logins_refused",
    /// Those that did not, because of mistyped passwords.
    Forgot = "honest_logins_mistyped",
    /// Requests that honest people made.
    HonestRequests = "honest_requests",
    /// Of those, the ones that were denied or limited.
    HonestRefused = "honest_requests_refused",
    /// And the ones that were challenged.
    HonestChallenged = "honest_requests_challenged",
    /// The tries that those challenges took, on average.
    HonestWork = "honest_work_tries",
    /// How often the API was asked.
    Lookups = "lookups",
}

/// What is drawn over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    /// Attackers' requests that reached the application.
    Reached,
    /// Attackers' requests that did not.
    Stopped,
    /// Honest logins that worked.
    Done,
    /// Honest logins that were refused.
    TurnedAway,
}

impl Curve {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Reached, Self::Stopped, Self::Done, Self::TurnedAway];

    /// What it is called in reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Reached => "attack requests that reached the application",
            Self::Stopped => "attack requests stopped",
            Self::Done => "honest logins that worked",
            Self::TurnedAway => "honest logins refused",
        }
    }

    fn number(self) -> usize {
        Self::ALL.iter().position(|each| *each == self).unwrap_or(0)
    }
}

/// The numbers of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    numbers: [u64; Figure::ALL.len()],
    curves: [[u64; POINTS]; Curve::ALL.len()],
    /// Bytes that are kept about all who came.
    pub(super) stored: Option<usize>,
    /// Whether the run ended early, at this share of its time in percent.
    pub(super) cut: Option<u8>,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            numbers: [0; Figure::ALL.len()],
            curves: [[0; POINTS]; Curve::ALL.len()],
            stored: None,
            cut: None,
        }
    }
}

impl Figures {
    pub(super) fn get(&self, figure: Figure) -> u64 {
        self.numbers.get(figure.number()).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, figure: Figure, more: u64) {
        if let Some(number) = self.numbers.get_mut(figure.number()) {
            *number = number.saturating_add(more);
        }
    }

    pub(super) fn one(&mut self, figure: Figure) {
        self.add(figure, 1);
    }

    /// With those of another worker of the same run: what they keep is the same memory, and the first to stop tells how
    /// far both came.
    pub(super) fn with(mut self, other: &Self) -> Self {
        let add = |own: &mut u64, more: &u64| *own = own.saturating_add(*more);
        let numbers = self.numbers.iter_mut().zip(&other.numbers);
        numbers.for_each(|(own, more)| add(own, more));
        for (own, more) in self.curves.iter_mut().zip(&other.curves) {
            own.iter_mut()
                .zip(more)
                .for_each(|(own, more)| add(own, more));
        }
        self.stored = self.stored.max(other.stored);
        self.cut = self.cut.into_iter().chain(other.cut).min();
        self
    }

    /// One more at a point of a curve.
    pub(super) fn at(&mut self, curve: Curve, point: usize) {
        let curve = self.curves.get_mut(curve.number());
        let last = POINTS.saturating_sub(1);
        if let Some(number) = curve.and_then(|curve| curve.get_mut(point.min(last))) {
            *number = number.saturating_add(1);
        }
    }

    pub(super) fn curve(&self, curve: Curve) -> &[u64] {
        self.curves
            .get(curve.number())
            .map_or(&[], |curve| curve.as_slice())
    }

    /// The share of attackers' attempts that did not reach the application, in percent; `None` where there were none.
    pub(super) fn stopped(&self) -> Option<f64> {
        let attempts = self.get(Figure::Attempts);
        percent(attempts.saturating_sub(self.get(Figure::Reached)), attempts)
    }

    /// The share of honest logins that were refused, in percent; `None` where there were none.
    pub(super) fn turned_away(&self) -> Option<f64> {
        percent(self.get(Figure::TurnedAway), self.get(Figure::Wanted))
    }

    /// The share of honest requests that were challenged, in percent; `None` where there were none.
    pub(super) fn bothered(&self) -> Option<f64> {
        percent(
            self.get(Figure::HonestChallenged),
            self.get(Figure::HonestRequests),
        )
    }

    /// For machines.
    pub(super) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        for figure in Figure::ALL {
            fields.insert(figure.name().to_owned(), json!(self.get(figure)));
        }
        fields.insert("attack_stopped_percent".to_owned(), json!(self.stopped()));
        fields.insert(
            "honest_logins_refused_percent".to_owned(),
            json!(self.turned_away()),
        );
        fields.insert(
            "honest_requests_challenged_percent".to_owned(),
            json!(self.bothered()),
        );
        fields.insert("shared_memory_bytes".to_owned(), json!(self.stored));
        fields.insert("ended_at_percent".to_owned(), json!(self.cut));
        let curves: Map<String, Value> = Curve::ALL
            .into_iter()
            .map(|curve| (curve.name().replace(' ', "_"), json!(self.curve(curve))))
            .collect();
        fields.insert("curves".to_owned(), Value::Object(curves));
        Value::Object(fields)
    }
}

/// A part of a whole in percent.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "shown with two digits"
)]
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}
