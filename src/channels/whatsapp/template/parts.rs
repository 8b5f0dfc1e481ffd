//! The parts of a template and the kinds of values they take, as Meta spells them. Shapes alone: what they may hold is
//! checked by their owner.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The values of one part of a template.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Component {
    /// Above the words: one value.
    Header {
        /// The value.
        parameters: Vec<Parameter>,
    },
    /// In the words.
    Body {
        /// The values in order, or all by name.
        parameters: Vec<Parameter>,
    },
    /// On a button.
    Button {
        /// What the button does.
        sub_type: ButtonKind,
        /// Which, from 0.
        index: Index,
        /// The value.
        parameters: Vec<Parameter>,
    },
}

/// What a template's button does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonKind {
    /// Answers.
    QuickReply,
    /// Opens an address.
    Url,
    /// Copies a coupon.
    CopyCode,
    /// Opens a form.
    Flow,
}

/// The place of a button; Meta wants it as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(transparent)]
pub struct Index(pub u8);

impl Serialize for Index {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Parameter {
    /// Words.
    Text {
        /// The words.
        text: String,
        /// The variable's name, where the template names them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parameter_name: Option<String>,
    },
    /// An amount.
    Currency {
        /// The amount.
        currency: Currency,
    },
    /// A time.
    DateTime {
        /// The time.
        date_time: DateTime,
    },
    /// A picture.
    Image {
        /// Which.
        image: File,
    },
    /// A film.
    Video {
        /// Which.
        video: File,
    },
    /// A document.
    Document {
        /// Which.
        document: File,
    },
    /// A place.
    Location {
        /// Which.
        location: Place,
    },
    /// What a quick reply sends back.
    Payload {
        /// At most 128 characters.
        payload: String,
    },
    /// A coupon.
    CouponCode {
        /// At most 15 characters.
        coupon_code: String,
    },
    /// A form.
    Action {
        /// The form's data, as Meta documents it.
        action: Value,
    },
}

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    /// Shown where the phone cannot write it itself.
    pub fallback_value: String,
    /// `BRL`.
    pub code: String,
    /// The amount times 1000.
    pub amount_1000: i64,
}

/// A time, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateTime {
    /// The words.
    pub fallback_value: String,
}

/// A file: one that was uploaded, or one at an address.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Meta's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What a document is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// A place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// What it is called.
    pub name: String,
    /// Its address.
    pub address: String,
}
