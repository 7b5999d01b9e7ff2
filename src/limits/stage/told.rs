//! What the fleet is told when the application has answered.

use super::news::{Counting, News, Told};
use super::settle::{Open, Role};
use super::shared::HOLD;
use crate::limits::{KeyPart, Limit, LimitPolicy, OnSuccess, Operation, Penalty};
use crate::response::{JointResult, LoginResult};
use crate::time::Time;

impl Open {
    /// What the fleet is told of it.
    pub(super) fn told(
        &self,
        limit: &LimitPolicy,
        (result, forgives): (JointResult, bool),
        now: Time,
    ) -> Option<Told> {
        let shared = self.shared?;
        let told = |at, news| {
            Some(Told {
                key: self.key,
                window: shared.window,
                at,
                news,
            })
        };
        let succeeded = result.strictest == LoginResult::Success && !self.is_batch;
        if succeeded && forgives && limit.on_success == OnSuccess::Clear && self.is_sole {
            return told(shared.at, News::Fewer(shared.counted?));
        }
        // Where it may not have been counted, only what was right makes up for that.
        let right = matches!(
            result.strictest,
            LoginResult::Success | LoginResult::NextStep
        );
        let gone =
            told(shared.at, News::Fewer([1, 0])).filter(|_| shared.counted.is_some() || right);
        match (self.role, shared.counting) {
            (Role::Failures(_), Counting::Watched) => {
                told(now, News::More(1)).filter(|_| result.counts)
            }
            (Role::Failures(_), Counting::Reserved) => {
                let uncertain = matches!(
                    result.strictest,
                    LoginResult::Unreadable | LoginResult::Neither
                );
                let batch = result.strictest == LoginResult::Success && self.is_batch;
                gone.filter(|_| !result.counts && !uncertain && !batch)
            }
            // What nobody knows to be counted is not given back: else failing would make room for more successes.
            (Role::Successes(_), Counting::Reserved) => {
                gone.filter(|_| !result.may_succeed && shared.counted.is_some())
            }
            _ => None,
        }
    }

    /// Remembers that the fleet has counted enough of it, where this request was the last that went through.
    pub(super) fn fills_fleet(
        &self,
        limit: &LimitPolicy,
        result: JointResult,
        now: Time,
    ) -> Option<Operation> {
        let full = self.shared?.full_until?;
        // A penalty of its own outlasts what is lifted elsewhere; else that is heard before long.
        let until = match limit.terms.penalty {
            Penalty::None if limit.has(KeyPart::Account) => full.min(now.plus(HOLD)),
            _ => full,
        };
        let threshold = match self.role {
            Role::Failures(threshold) if result.counts => threshold,
            Role::Successes(threshold) if result.may_succeed => threshold,
            _ => return None,
        };
        Some(Limit::new(limit.terms).hold(self.key, threshold, (until, true)))
    }
}
