//! What a small change lays over a large index instead of writing it anew: the new passages are a part of their own, and this
//! says which passages of the part below must not be found any more. Pure; how a part is written and searched is the
//! stores' business.

use crate::knowledge::index::{EntryId, Manifest};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};

/// A change is laid over what is there if it is no more than one part in so many; else all is written anew, which costs
/// no more than so many times the change.
const SHARE: usize = 4;

/// So many entries laid over a part, or hidden in it, are merged with it when there is time: every search looks at them
/// beside it, and every further change writes them again.
pub const MANY: usize = 1_000;

/// What of the part below is no longer there.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Hidden {
    /// Documents that were changed or removed.
    pub gone: BTreeSet<String>,
    /// Their entries.
    pub entries: BTreeSet<EntryId>,
    /// The terms of these.
    pub lost: Lexicon,
}

/// A part of an index as it describes itself.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its documents.
    pub manifest: &'a Manifest,
    /// Its words.
    pub lexicon: &'a Lexicon,
    /// Its passages, taken together.
    pub profile: &'a Profile,
}

impl Hidden {
    /// The documents of the part below that are gone when only those in `keep` stay.
    pub fn gone(&self, below: &Manifest, keep: &HashSet<String>) -> BTreeSet<String> {
        below
            .keys()
            .filter(|source| self.gone.contains(*source) || !keep.contains(*source))
            .cloned()
            .collect()
    }

    /// The whole: the part below without what is hidden, and the part over it.
    pub fn whole(&self, below: Part<'_>, over: Part<'_>) -> (Manifest, Lexicon, Profile) {
        let mut manifest = below.manifest.clone();
        manifest.retain(|source, _| !self.gone.contains(source));
        manifest.extend(over.manifest.clone());
        let lexicon = below.lexicon.changed(&self.lost, over.lexicon);
        let mut profile = below.profile.clone();
        profile.languages.extend(&over.profile.languages);
        profile.limits.extend(&over.profile.limits);
        (manifest, lexicon, profile)
    }
}

/// Whether a change of so many entries is laid over a part of so many.
pub fn is_small(changed: usize, of: usize) -> bool {
    changed.saturating_mul(SHARE) <= of
}
