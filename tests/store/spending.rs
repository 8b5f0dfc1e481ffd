//! What models have cost: no account comes to more than it may, however many take from it at once.

use super::support::{Bench, on_every_store};
use balcao::limits::budget::{Account, Asked, Scope};
use std::time::Duration;

on_every_store!(
    no_account_is_overdrawn_however_many_take_at_once,
    all_accounts_pay_or_none,
    an_account_is_forgotten_behind_its_end,
);

fn account(bench: &Bench, scope: Scope, name: &str, most: u64) -> Account {
    Account { scope, name: name.to_owned(), most, ends_at: bench.later(Duration::from_secs(60)) }
}

async fn no_account_is_overdrawn_however_many_take_at_once(bench: Bench) {
    let book = &bench.stores.spending;
    let accounts =
        [account(&bench, Scope::Month, "business 2026-11", 1_000), account(&bench, Scope::Day, "d", 350)];
    let at_once = (0..12).map(|_| book.take(&accounts, 100, bench.now()));
    let asked = futures_util::future::join_all(at_once).await;
    let taken = asked.iter().filter(|asked| matches!(asked, Ok(Asked::Taken(_)))).count();
    assert_eq!(taken, 3, "{asked:?}");
    assert!(asked.iter().all(|asked| matches!(asked, Ok(Asked::Taken(_) | Asked::Over(1)))), "{asked:?}");
    book.settle(&accounts, 100, 20).await.unwrap();
    book.settle(&accounts, 100, 130).await.unwrap();
    for account in &accounts {
        assert_eq!(book.spent(account).await.unwrap(), 250);
    }
    assert_eq!(book.take(&accounts, 100, bench.now()).await, Ok(Asked::Taken(vec![350, 350])));
    assert_eq!(book.take(&accounts, 1, bench.now()).await, Ok(Asked::Over(1)));
    assert_eq!(book.take(&[], 1, bench.now()).await, Ok(Asked::Taken(Vec::new())), "nobody pays");
}

async fn all_accounts_pay_or_none(bench: Bench) {
    let book = &bench.stores.spending;
    let [rich, poor] = [account(&bench, Scope::Day, "rich", 1_000), account(&bench, Scope::Turn, "poor", 10)];
    for order in [[rich.clone(), poor.clone()], [poor.clone(), rich.clone()]] {
        assert!(matches!(book.take(&order, 11, bench.now()).await, Ok(Asked::Over(_))));
    }
    assert_eq!((book.spent(&rich).await.unwrap(), book.spent(&poor).await.unwrap()), (0, 0));
}

async fn an_account_is_forgotten_behind_its_end(bench: Bench) {
    let book = &bench.stores.spending;
    let old = account(&bench, Scope::Day, "yesterday", 10);
    book.take(std::slice::from_ref(&old), 10, bench.now()).await.unwrap();
    bench.advance(Duration::from_secs(61));
    let new = account(&bench, Scope::Day, "today", 10);
    book.take(std::slice::from_ref(&new), 10, bench.now()).await.unwrap();
    assert_eq!((book.spent(&old).await.unwrap(), book.spent(&new).await.unwrap()), (0, 10));
    // A call that outlived its day is settled with nobody.
    book.settle(std::slice::from_ref(&old), 10, 5).await.unwrap();
    assert_eq!(book.spent(&old).await.unwrap(), 0);
}
