//! The calls under way: what each is for, and how long it may take.

use std::time::Duration;

use super::{CallError, CallToken, Caller, HttpRequest, StreamId};
use crate::address::Prefix;
use crate::random::Map;
use crate::time::Time;

/// How much later than its own time-out a call is given up, should the host not have ended it.
const GRACE: Duration = Duration::from_millis(500);

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To learn what is known of these addresses.
    Lookup(Prefix),
    /// To learn which hashes of passwords the service of ranges knows behind the prefix of this number.
    Range(u32),
    /// To verify the captcha of the request that waits for it.
    Captcha(StreamId),
    /// To tell the application something.
    Webhook,
    /// To count the request that waits for it in the fleet.
    Count(StreamId),
    /// To tell the fleet something, or ask it for later requests.
    Beside,
}

/// A call under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it is for.
    pub purpose: Purpose,
    /// When it was made.
    pub since: Time,
    timeout: Duration,
}

/// All calls of one configuration and worker that are under way: every call is made here, and whose answer comes is
/// found here.
#[derive(Debug, Default)]
pub struct Calls(Map<CallToken, Call>);

impl Calls {
    /// Makes a call.
    ///
    /// # Errors
    /// Those of [`Caller::call`].
    pub fn call(
        &mut self,
        purpose: Purpose,
        (cluster, request, timeout): (&str, &HttpRequest, Duration),
        now: Time,
        host: &impl Caller,
    ) -> Result<CallToken, CallError> {
        let token = host.call(cluster, request, timeout)?;
        let call = Call {
            purpose,
            since: now,
            timeout,
        };
        self.0.insert(token, call);
        Ok(token)
    }

    /// The call of this number, if it is under way.
    #[must_use]
    pub fn get(&self, token: CallToken) -> Option<&Call> {
        self.0.get(&token)
    }

    /// The call of this number has ended, or nobody wants to know. `None` if it had before: what comes late is
    /// nobody's.
    pub fn end(&mut self, token: CallToken) -> Option<Call> {
        self.0.remove(&token)
    }

    /// Ends the calls that the host should have ended long ago, so that nobody waits for ever.
    pub fn overdue(&mut self, now: Time) -> Vec<(CallToken, Call)> {
        let mut late = Vec::new();
        self.0.retain(|token, call| {
            let limit = call.timeout.saturating_add(GRACE);
            let is_late = now.waited(&mut call.since) >= limit;
            if is_late {
                late.push((*token, *call));
            }
            !is_late
        });
        late
    }

    /// Whether no call is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Numbers the calls.
    #[derive(Default)]
    struct Host(Cell<u32>);

    impl Caller for Host {
        fn call(
            &self,
            cluster: &str,
            _: &HttpRequest,
            _: Duration,
        ) -> Result<CallToken, CallError> {
            if cluster.is_empty() {
                return Err(CallError::DispatchFailed);
            }
            self.0.set(self.0.get() + 1);
            Ok(CallToken(self.0.get()))
        }
    }

    fn call(
        calls: &mut Calls,
        host: &Host,
        purpose: Purpose,
        timeout: u64,
        now: Time,
    ) -> CallToken {
        let request = HttpRequest {
            method: "GET",
            authority: String::new(),
            path: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let how = ("cluster", &request, Duration::from_millis(timeout));
        calls.call(purpose, how, now, host).expect("made")
    }

    #[test]
    fn an_answer_finds_what_its_call_was_for_once() {
        let (mut calls, host) = (Calls::default(), Host::default());
        let captcha = Purpose::Captcha(StreamId(7));
        let one = call(&mut calls, &host, captcha, 500, Time::from_secs(1));
        let other = call(&mut calls, &host, Purpose::Webhook, 500, Time::from_secs(1));
        assert_eq!(calls.end(one).map(|call| call.purpose), Some(captcha));
        assert_eq!(calls.end(one), None, "it has ended");
        assert!(!calls.is_empty());
        assert_eq!(
            calls.end(other).map(|call| call.purpose),
            Some(Purpose::Webhook)
        );
        assert!(calls.is_empty());
    }

    #[test]
    fn a_call_that_was_not_made_is_not_under_way() {
        let mut calls = Calls::default();
        let request = HttpRequest {
            method: "GET",
            authority: String::new(),
            path: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let how = ("", &request, Duration::ZERO);
        let made = calls.call(Purpose::Webhook, how, Time::default(), &Host::default());
        assert_eq!(made, Err(CallError::DispatchFailed));
        assert!(calls.is_empty());
    }

    #[test]
    fn what_the_host_never_ends_is_ended_half_a_second_after_its_own_time() {
        let (mut calls, host) = (Calls::default(), Host::default());
        let start = Time::from_secs(100);
        let short = call(&mut calls, &host, Purpose::Webhook, 500, start);
        call(&mut calls, &host, Purpose::Webhook, 5_000, start);
        assert!(
            calls
                .overdue(start.plus(Duration::from_millis(999)))
                .is_empty()
        );
        let late = calls.overdue(start.plus(Duration::from_secs(1)));
        assert_eq!(late.len(), 1);
        assert_eq!(late[0].0, short);
        assert_eq!(calls.end(short), None, "its late answer is nobody's");
        assert!(!calls.is_empty());
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_call_longer_than_its_time() {
        let (mut calls, host) = (Calls::default(), Host::default());
        call(
            &mut calls,
            &host,
            Purpose::Webhook,
            500,
            Time::from_secs(1_000),
        );
        let early = Time::from_secs(10);
        assert!(calls.overdue(early).is_empty());
        assert_eq!(calls.overdue(early.plus(Duration::from_secs(1))).len(), 1);
    }
}
