//! What an index knows of itself, kept beside its passages as numbered points, so that every process that finds the
//! passages finds the same about them, in one step with them. Packs and unpacks; asks nobody.

use super::failure::Failure;
use super::points::{bare_point, text};
use crate::knowledge::hidden::Hidden;
use crate::knowledge::index::Manifest;
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{PointId, PointStruct, RetrievedPoint, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::sync::Arc;

/// The form of a version that stands alone.
const ALONE: i64 = 1;

/// The form of one that lies over another, and the newest that is read: a program that knows only the other would find
/// half of what there is.
const OVER: i64 = 2;

/// Characters of a part.
const PART: usize = 1024 * 1024;

/// The most that is unpacked: about as much as a hundred million words need.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

const FORM_FIELD: &str = "balcao_index";
const PARTS_FIELD: &str = "parts";
const PART_FIELD: &str = "part";

/// Everything but the passages.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) manifest: Arc<Manifest>,
    pub(super) lexicon: Arc<Lexicon>,
    pub(super) profile: Profile,
    /// What it lies over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) below: Option<Below>,
}

/// The version below another one, and what of it is not to be found any more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Below {
    pub(super) collection: String,
    pub(super) hidden: Hidden,
}

/// The point that says how many there are.
pub(super) const HEAD: u64 = 0;

/// The ids of the state's points.
pub(super) fn ids(parts: u64) -> Vec<PointId> {
    (HEAD..parts).map(|number| PointIdOptions::Num(number).into()).collect()
}

/// How many points a state has, by its head.
pub(super) fn parts(head: &RetrievedPoint) -> Result<u64, Failure> {
    let number = |field: &str| match head.payload.get(field)?.kind.as_ref()? {
        Kind::IntegerValue(number) => Some(*number),
        Kind::NullValue(_)
        | Kind::DoubleValue(_)
        | Kind::StringValue(_)
        | Kind::BoolValue(_)
        | Kind::StructValue(_)
        | Kind::ListValue(_) => None,
    };
    match (number(FORM_FIELD), number(PARTS_FIELD).and_then(|parts| u64::try_from(parts).ok())) {
        (Some(ALONE | OVER), Some(parts)) => Ok(parts),
        (Some(form), _) if form > OVER => {
            Err(Failure::Refused("the index on the Qdrant server was written by a newer version".into()))
        }
        (Some(_) | None, _) => Err(not_ours()),
    }
}

/// Of a collection that somebody else made.
pub(super) fn not_ours() -> Failure {
    Failure::Refused(
        "the collection that knowledge.collection names on the Qdrant server is no index of this program; choose \
         another name"
            .into(),
    )
}

impl State {
    /// The points that keep it.
    pub(super) fn pack(&self) -> Result<Vec<PointStruct>, Failure> {
        let refused = |error: &dyn std::fmt::Display| Failure::Refused(error.to_string());
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        let bytes = serde_json::to_vec(self).map_err(|error| refused(&error))?;
        packer.write_all(&bytes).map_err(|error| refused(&error))?;
        let packed = STANDARD.encode(packer.finish().map_err(|error| refused(&error))?);
        let mut parts = Vec::new();
        let mut rest = packed.as_str();
        while !rest.is_empty() {
            // Its characters are bytes.
            let (part, others) = rest.split_at(PART.min(rest.len()));
            parts.push(part.to_owned());
            rest = others;
        }
        let count = i64::try_from(parts.len()).map_err(|error| refused(&error))?;
        let point = |(id, part): (PointId, String)| {
            let mut payload: HashMap<String, Value> = HashMap::from([(PART_FIELD.to_owned(), part.into())]);
            if id == PointIdOptions::Num(HEAD).into() {
                let form = if self.below.is_some() { OVER } else { ALONE };
                payload.insert(FORM_FIELD.to_owned(), form.into());
                payload.insert(PARTS_FIELD.to_owned(), count.into());
            }
            bare_point(id, payload, HashMap::new())
        };
        Ok(ids(count.unsigned_abs()).into_iter().zip(parts).map(point).collect())
    }

    /// The state that these points keep.
    pub(super) fn unpack(points: &[RetrievedPoint], parts: u64) -> Result<Self, Failure> {
        let damaged = || Failure::Refused("what the Qdrant server keeps about the index is damaged".into());
        let numbered: BTreeMap<u64, String> = points
            .iter()
            .filter_map(|point| match point.id.as_ref()?.point_id_options.as_ref()? {
                PointIdOptions::Num(number) => Some((*number, text(&point.payload, PART_FIELD)?)),
                PointIdOptions::Uuid(_) => None,
            })
            .collect();
        if numbered.len() as u64 != parts {
            return Err(damaged());
        }
        let packed: String = numbered.into_values().collect();
        let packed = STANDARD.decode(packed).map_err(|_| damaged())?;
        let mut bytes = Vec::new();
        GzDecoder::new(packed.as_slice()).take(MOST_BYTES).read_to_end(&mut bytes).map_err(|_| damaged())?;
        serde_json::from_slice(&bytes).map_err(|_| damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::knowledge::index::Indexed;

    fn kept(points: Vec<PointStruct>) -> Vec<RetrievedPoint> {
        points
            .into_iter()
            .map(|point| RetrievedPoint { id: point.id, payload: point.payload, ..RetrievedPoint::default() })
            .collect()
    }

    #[test]
    fn a_state_of_several_parts_is_read_as_it_was_written_in_any_order() {
        let indexed = |number: u64| Indexed {
            // Of little help to a packer.
            fingerprint: format!("{:x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15)).repeat(40),
            origin: "a".into(),
            language: Language::English,
            passages: 1,
        };
        let manifest: Manifest =
            (0..60_000).map(|number| (format!("document {number}"), indexed(number))).collect();
        let state = State { manifest: Arc::new(manifest), ..State::default() };
        let mut points = kept(state.pack().unwrap());
        assert!(points.len() > 1, "{}", points.len());
        let count = parts(&points[0]).unwrap();
        assert_eq!(count, points.len() as u64);
        points.reverse();
        assert_eq!(State::unpack(&points, count).unwrap().manifest, state.manifest);
        points.pop();
        assert!(State::unpack(&points, count).is_err());
    }

    #[test]
    fn what_somebody_else_keeps_there_is_left_alone() {
        let mut points = kept(State::default().pack().unwrap());
        let head = &mut points[0];
        head.payload.insert(FORM_FIELD.to_owned(), (OVER + 1).into());
        let newer = parts(head).unwrap_err();
        assert!(matches!(newer, Failure::Refused(said) if said.contains("newer version")));
        head.payload.clear();
        let foreign = parts(head).unwrap_err();
        assert!(matches!(foreign, Failure::Refused(said) if said.contains("knowledge.collection")));
    }
}
