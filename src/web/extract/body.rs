//! The body of a request as bytes, within limits of size and time. What it holds is not looked at.

use crate::web::problem::Problem;
use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use futures_util::StreamExt;
use http::StatusCode;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What is taken in of a body that is refused, beside twice what it may have, and for how long.
const LINGER_BYTES: usize = 1 << 20;
const LINGER: Duration = Duration::from_secs(5);

/// How long a body may take, beside a second for each so many bytes that it may have.
const PATIENCE: Duration = Duration::from_secs(30);
const SLOWEST: usize = 64 * 1024;

/// A body of at most `most` bytes, as it is.
///
/// # Errors
/// Longer, broken off, or longer under way than such a body may be.
pub async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    read_within(body, most, PATIENCE + Duration::from_secs((most / SLOWEST) as u64)).await
}

async fn read_within(body: Body, most: usize, patience: Duration) -> Result<Bytes, Problem> {
    let declared = body.size_hint().lower();
    let mut chunks = body.into_data_stream();
    if declared > most as u64 {
        return Err(too_large(chunks, most).await);
    }
    let deadline = Instant::now() + patience;
    let (mut pieces, mut left) = (Vec::new(), most);
    while let Some(chunk) = timeout_at(deadline, chunks.next()).await.map_err(|_| too_slow())? {
        let chunk = chunk.map_err(|_| broken_off())?;
        match left.checked_sub(chunk.len()) {
            Some(fewer) => left = fewer,
            None => return Err(too_large(chunks, most).await),
        }
        pieces.push(chunk);
    }
    // Most bodies come in one piece, which is not copied.
    Ok(if pieces.len() == 1 { pieces.remove(0) } else { pieces.concat().into() })
}

/// Refuses a body that is too long, and takes in the rest of it, within bounds: whoever still writes when the connection is
/// closed never reads why.
async fn too_large(mut rest: BodyDataStream, most: usize) -> Problem {
    let taking_in = async {
        let mut left = most.saturating_mul(2).saturating_add(LINGER_BYTES);
        while let Some(Ok(chunk)) = rest.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether all of it came or not, the answer is the same.
    tokio::time::timeout(LINGER, taking_in).await.ok();
    let detail = format!("The body may have at most {most} bytes.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "Body too large", detail).limit(most)
}

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "Body too slow",
        "The body took too long to arrive.",
    )
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "unreadable_body", "Unreadable body", "The body ended too early.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::{self, BoxStream};
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const PATIENT: Duration = Duration::from_secs(60);

    fn pieces(texts: &'static [&'static str]) -> BoxStream<'static, Result<Bytes, Infallible>> {
        stream::iter(texts).map(|text| Ok(Bytes::from_static(text.as_bytes()))).boxed()
    }

    async fn code(body: Body, most: usize, patience: Duration) -> String {
        let problem = read_within(body, most, patience).await.unwrap_err();
        serde_json::to_value(&problem).unwrap()["code"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_body_is_read_whole_in_one_piece_or_many() {
        for (texts, whole) in [(&[][..], ""), (&["abc"], "abc"), (&["ab", "", "c", "d"], "abcd")] {
            let body = Body::from_stream(pieces(texts));
            assert_eq!(read_within(body, 4, PATIENT).await.unwrap(), whole);
        }
    }

    #[tokio::test]
    async fn who_sends_too_much_is_read_a_little_further_and_told() {
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&taken);
        let endless = stream::repeat_with(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024]))
        });
        assert_eq!(code(Body::from_stream(endless), 2048, PATIENT).await, "body_too_large");
        assert!((1024..1100).contains(&taken.load(Ordering::Relaxed)), "{taken:?}");
        assert_eq!(code(Body::from("abc"), 2, PATIENT).await, "body_too_large");
    }

    #[tokio::test]
    async fn who_never_finishes_is_not_waited_for() {
        let body = Body::from_stream(pieces(&["{"]).chain(stream::pending()));
        assert_eq!(code(body, 10, Duration::from_millis(5)).await, "body_too_slow");
    }
}
