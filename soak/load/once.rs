//! What is good once: unlock links, solutions, tokens of captchas. And sessions, which once revoked stay so.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palisade::signing::{Secret, SigningKeys};
use palisade::unlock::Unlock;

use super::client::{Manner, Origin, Outcome, Wire};
use super::people::{is_challenged, response};
use super::policy::{LOCKABLE, SIGNING_KEY};
use super::waves::Wave;
use super::world::{Shot, World};
use crate::support::{Request, challenge, solve};

/// A token that lifts the locks of this account.
fn unlock_token(account: &str, number: u64) -> String {
    let keys = SigningKeys::new(&[Secret::parse(SIGNING_KEY).expect("a key")]).expect("keys");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    let nonce = format!("{number:0>20}");
    let unlock = Unlock::new(account.as_bytes(), now.as_secs() + 3_600, &nonce);
    unlock.expect("a token").token(&keys)
}

/// Somebody whose account was locked follows the link in a mail: once.
pub(crate) async fn unlocks(world: Arc<World>, address: SocketAddr, number: u64) {
    let of = LOCKABLE;
    let mut wave = Wave::new(&world, address, of, of.most, number);
    wave.exhaust(of.most).await;
    let token = unlock_token(&wave.victim(), wave.case);
    let before = world.model.count(wave.case);
    world.model.allow(wave.case, of.most);
    let mut tasks = Vec::new();
    for client in 0..5 {
        let link = Request::get(format!("/unlock?token={token}"))
            .client(&format!("11.2.0.{}", client + 1));
        let (world, case) = (Arc::clone(&world), wave.case);
        tasks.push(tokio::spawn(async move {
            let outcome = world
                .ask(&mut Wire::http1(address), "unlock link", case, &link)
                .await;
            let location = outcome.reply().and_then(|reply| reply.header("location"));
            match location {
                Some(location) if location.ends_with("unlock=done") => (1, 0),
                Some(location) if location.ends_with("unlock=used") => (0, 0),
                _ => (0, 1),
            }
        }));
    }
    let (mut done, mut lost) = (0, 0);
    for task in tasks {
        if let Some((one, none)) = super::joined(&world.model, task.await) {
            done += one;
            lost += none;
        }
    }
    if done > 1 || done + lost == 0 {
        world.model.violated(
            "once",
            &format!("an unlock link was good {done} times"),
            wave.case,
        );
    }
    // A link whose answer was lost may have been the one.
    if done == 1 {
        wave.exhaust(before.possible() + of.most).await;
    }
    let expected = (done == 1 && before.doubts == 0).then_some(of.most * 2);
    world.model.close(wave.case, of.name, expected);
}

/// Sends the same request several times at once, over connections of their own.
async fn at_once(
    world: &Arc<World>,
    address: SocketAddr,
    kind: &'static str,
    case: u64,
    request: &Request,
) -> Vec<Outcome> {
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let (world, shot) = (Arc::clone(world), Shot::new(kind, case, request.clone()));
        tasks.push(tokio::spawn(async move {
            world.send(&mut Wire::http1(address), shot).await
        }));
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.extend(super::joined(&world.model, task.await));
    }
    outcomes
}

/// A solution that is sent four times at once, and later: exactly one request goes on.
pub(crate) async fn solution(world: Arc<World>, address: SocketAddr, number: u64) {
    let case = world.model.open(format!("solution {number}"), Some(1));
    let client = format!("14.{}.{}.1", case / 250 % 250, case % 250);
    let get = Request::get("/work")
        .client(&client)
        .header("user-agent", "a program");
    let asked = world
        .send(
            &mut Wire::http1(address),
            Shot::new("solution", case, get.clone()),
        )
        .await;
    let expected = if is_challenged(&asked)
        && let Some(response) = response(&asked)
    {
        let solved = get.header("x-palisade-solution", solve(&challenge(&response)));
        at_once(&world, address, "solution", case, &solved).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        at_once(&world, address, "solution", case, &solved).await;
        Some(1)
    } else {
        None
    };
    world.model.close(case, "solution", expected);
}

/// A token of a captcha that is sent four times at once, and later: the service is asked once, and exactly one
/// request goes on.
pub(crate) async fn captcha(world: Arc<World>, address: SocketAddr, number: u64) {
    let case = world.model.open(format!("captcha {number}"), Some(1));
    let fault = match world.random(3, number).below(6) {
        0 => Some(crate::support::Answer::closed()),
        1 => Some(crate::support::Answer::status(500)),
        2 => Some(crate::support::Answer::silent()),
        _ => None,
    };
    let is_well = fault.is_none();
    let token = match fault {
        Some(answer) => world.captcha.fault(answer),
        None => world.captcha.token(),
    };
    let client = format!("15.{}.{}.1", case / 250 % 250, case % 250);
    let get = Request::get("/captcha")
        .client(&client)
        .header("x-palisade-captcha", token);
    at_once(&world, address, "captcha", case, &get).await;
    at_once(&world, address, "captcha", case, &get).await;
    world.model.close(case, "captcha", Some(u32::from(is_well)));
}

/// A session that is stolen and used over Tor: it is revoked, and then refused from everywhere, for good.
pub(crate) async fn revoked(world: Arc<World>, address: SocketAddr, number: u64) {
    let case = world.model.open(format!("session {number}"), None);
    let mut random = world.random(4, number);
    let ask = async |client: String| {
        let visit = Request::get("/account")
            .client(&client)
            .header("cookie", format!("sid=session-{case}"));
        let shot = Shot::new("stolen session", case, visit).manner(Manner::Patient);
        world.send(&mut Wire::http1(address), shot).await
    };
    let home = format!("12.{}.{}.9", case / 250 % 60, case % 250);
    let thief = format!("11.66.{}.{}", random.below(250), random.below(250));
    let mut is_revoked = false;
    // Its owner first, so that the application knows it; then both, while the API may be failing.
    for turn in 0..10 {
        let client = if turn == 0 || turn > 6 { &home } else { &thief };
        let outcome = ask(client.clone()).await;
        match outcome.origin() {
            Some(Origin::Palisade) => is_revoked = true,
            Some(Origin::Application) if is_revoked && client == &home => {
                world
                    .model
                    .violated("sessions", "a revoked session goes on", case);
            }
            _ => {}
        }
        if turn == 0 && is_revoked {
            world
                .model
                .violated("people", "a session was refused that nobody else had", case);
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    world.model.close(case, "stolen session", None);
}
