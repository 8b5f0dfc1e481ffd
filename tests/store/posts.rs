//! Bodies that channels posted: kept as they came, claimed by one, worked through once, forgotten late.

use super::support::{Bench, LEASE, on_every_store};
use balcao::domain::ids::PostId;
use balcao::store::posts::{NewPost, Post, PostCounts, PostOutcome};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::time::Duration;

on_every_store!(multi_thread:
    a_body_is_kept_as_it_came,
    a_claim_runs_out_and_what_is_done_stays_done,
    a_body_that_failed_comes_again_when_it_is_due,
    a_process_that_is_alone_takes_up_what_was_left,
    old_bodies_are_forgotten_unless_they_wait,
    those_who_claim_together_share,
);

fn post(bench: &Bench, body: &[u8]) -> NewPost {
    use balcao::domain::clock::Clock;
    NewPost {
        id: PostId(bench.clock.new_id()),
        channel: "whatsapp".to_owned(),
        body: body.to_vec(),
        received_at: bench.now(),
    }
}

async fn kept(bench: &Bench, body: &[u8]) -> NewPost {
    let post = post(bench, body);
    bench.stores.posts.keep(post.clone()).await.unwrap();
    post
}

async fn claim(bench: &Bench, limit: u32) -> Vec<Post> {
    bench.stores.posts.claim("whatsapp", bench.now(), bench.later(LEASE), limit).await.unwrap()
}

async fn a_body_is_kept_as_it_came(bench: Bench) {
    let bodies: [&[u8]; 3] = [b"{\"a\":\"\\u0000 \xff\x00\"}", b"", "ação 🙂".as_bytes()];
    let mut expected = Vec::new();
    for body in bodies {
        let NewPost { id, body, received_at, .. } = kept(&bench, body).await;
        expected.push(Post { id, body, received_at, attempts: 0 });
    }
    let elsewhere = NewPost { channel: "relay".to_owned(), ..post(&bench, b"x") };
    bench.stores.posts.keep(elsewhere).await.unwrap();
    let bench = bench.restart().await;
    assert_eq!(claim(&bench, 2).await, expected[..2], "oldest first, no more than asked for");
    assert_eq!(claim(&bench, 9).await, expected[2..]);
    assert_eq!(claim(&bench, 9).await, []);
    let counts = bench.stores.posts.counts("whatsapp").await.unwrap();
    assert_eq!(counts, PostCounts { waiting: 3, ..PostCounts::default() });
}

async fn a_claim_runs_out_and_what_is_done_stays_done(bench: Bench) {
    let (done, bad) = (kept(&bench, b"1").await, kept(&bench, b"2").await);
    assert_eq!(claim(&bench, 9).await.len(), 2);
    bench.stores.posts.settle(done.id, PostOutcome::Done).await.unwrap();
    bench.stores.posts.settle(bad.id, PostOutcome::Unreadable).await.unwrap();
    // Who comes late does not open it again.
    let late = PostOutcome::Again { at: bench.now() };
    bench.stores.posts.settle(done.id, late).await.unwrap();
    let left = kept(&bench, b"3").await;
    assert_eq!(claim(&bench, 9).await.len(), 1);
    bench.advance(LEASE - Duration::from_millis(1));
    assert_eq!(claim(&bench, 9).await, []);
    bench.advance(Duration::from_millis(1));
    let again = claim(&bench, 9).await;
    assert_eq!(again.iter().map(|post| (post.id, post.attempts)).collect::<Vec<_>>(), [(left.id, 1)]);
    let counts = bench.stores.posts.counts("whatsapp").await.unwrap();
    assert_eq!(counts, PostCounts { waiting: 1, done: 1, unreadable: 1 });
}

async fn a_body_that_failed_comes_again_when_it_is_due(bench: Bench) {
    let body = kept(&bench, b"1").await;
    claim(&bench, 9).await;
    let at = bench.later(Duration::from_secs(5));
    bench.stores.posts.settle(body.id, PostOutcome::Again { at }).await.unwrap();
    bench.advance(Duration::from_secs(4));
    assert_eq!(claim(&bench, 9).await, []);
    bench.advance(Duration::from_secs(1));
    assert_eq!(claim(&bench, 9).await[0].attempts, 1);
    // A clock that was set back leaves nothing waiting for hours.
    let at = bench.later(Duration::from_secs(3_600));
    bench.stores.posts.settle(body.id, PostOutcome::Again { at }).await.unwrap();
    assert_eq!(claim(&bench, 9).await[0].attempts, 2);
}

async fn a_process_that_is_alone_takes_up_what_was_left(bench: Bench) {
    kept(&bench, b"1").await;
    assert_eq!(claim(&bench, 9).await.len(), 1);
    assert_eq!(claim(&bench, 9).await, []);
    assert_eq!(bench.stores.posts.expire_claims(bench.now()).await.unwrap(), 1);
    assert_eq!(claim(&bench, 9).await.len(), 1);
}

async fn old_bodies_are_forgotten_unless_they_wait(bench: Bench) {
    let (done, _waiting) = (kept(&bench, b"1").await, kept(&bench, b"2").await);
    let second = kept(&bench, b"3").await;
    for id in [done.id, second.id] {
        bench.stores.posts.settle(id, PostOutcome::Done).await.unwrap();
    }
    assert_eq!(bench.stores.posts.sweep(bench.now(), 9).await.unwrap(), 0, "they came just now");
    bench.advance(Duration::from_secs(1));
    let young = kept(&bench, b"4").await;
    bench.stores.posts.settle(young.id, PostOutcome::Done).await.unwrap();
    assert_eq!(bench.stores.posts.sweep(bench.now(), 1).await.unwrap(), 1);
    assert_eq!(bench.stores.posts.sweep(bench.now(), 9).await.unwrap(), 1);
    let counts = bench.stores.posts.counts("whatsapp").await.unwrap();
    assert_eq!(counts, PostCounts { waiting: 1, done: 1, unreadable: 0 });
}

async fn those_who_claim_together_share(bench: Bench) {
    for _ in 0..40 {
        kept(&bench, b"x").await;
    }
    let (other, handle) = bench.place.open().await;
    let claims = (0..20).map(|number| {
        let posts = if number % 2 == 0 { bench.stores.posts.clone() } else { other.posts.clone() };
        let (now, until) = (bench.now(), bench.later(LEASE));
        async move { posts.claim("whatsapp", now, until, 3).await.unwrap() }
    });
    let claimed: Vec<PostId> = join_all(claims).await.into_iter().flatten().map(|post| post.id).collect();
    assert_eq!(
        claimed.iter().collect::<BTreeSet<_>>().len(),
        claimed.len(),
        "nobody has what another one has"
    );
    let rest = claim(&bench, 99).await.len();
    assert_eq!(claimed.len() + rest, 40);
    drop(other);
    handle.close().await;
}
