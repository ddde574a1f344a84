//! Owns the reading of the few JSON fields that have a meaning, from bytes that may be anything. It must not
//! keep a text unwiped, nor let the reader's own errors out, which quote what they read.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// The field inside of `data` that holds a user's token.
const USER_TOKEN: &str = "v3_user_token";
/// The field inside of `error`, or of the first object of its list, that names the error.
const ERROR_KEY: &str = "primaryErrorKey";

/// A field's value, as far as any field needs it.
#[derive(Default)]
pub(super) enum Value {
    /// The field is not there.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// Any number.
    Number(f64),
    /// Any text; wiped, since it may be the token.
    Text(Zeroizing<String>),
    /// An object, by the fields that have a meaning.
    Object(Box<Object>),
    /// A list, by its first entry.
    List(Box<Value>),
    /// A truth value, or an object that has such a field twice.
    Other,
}

/// An object inside of a field.
#[derive(Default)]
pub(super) struct Object {
    user_token: Value,
    error_key: Value,
}

impl Value {
    /// What the object's `v3_user_token` is; absent where this is no object.
    pub(super) fn user_token(&self) -> &Value {
        match self {
            Value::Object(object) => &object.user_token,
            Value::Absent
            | Value::Null
            | Value::Number(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Other => &Value::Absent,
        }
    }

    /// What the `primaryErrorKey` of the object, or of the list's first one, is; absent where there is none.
    pub(super) fn error_key(&self) -> &Value {
        match self {
            Value::Object(object) => &object.error_key,
            Value::List(first) => first.error_key(),
            Value::Absent | Value::Null | Value::Number(_) | Value::Text(_) | Value::Other => &Value::Absent,
        }
    }

    /// The text, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Absent
            | Value::Null
            | Value::Number(_)
            | Value::Object(_)
            | Value::List(_)
            | Value::Other => None,
        }
    }
}

/// The fields of one JSON object.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) access_token: Value,
    /// Around the token of a user.
    pub(super) data: Value,
    pub(super) token_type: Value,
    pub(super) expires_in: Value,
    pub(super) error: Value,
    /// Whether one of these comes twice.
    pub(super) has_duplicate: bool,
}

impl Fields {
    /// The fields of the one JSON object that the bytes are, to the last byte; else nothing.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    fn slot(&mut self, name: &str) -> Option<&mut Value> {
        match name {
            "access_token" => Some(&mut self.access_token),
            "data" => Some(&mut self.data),
            "token_type" => Some(&mut self.token_type),
            "expires_in" => Some(&mut self.expires_in),
            "error" => Some(&mut self.error),
            _ => None,
        }
    }

    fn put(&mut self, name: &str, value: Value) {
        let Some(slot) = self.slot(name) else { return };
        let is_duplicate = !matches!(slot, Value::Absent);
        *slot = value;
        self.has_duplicate |= is_duplicate;
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some((name, value)) = map.next_entry::<FieldName, Value>()? {
            fields.put(&name.0, value);
        }
        Ok(fields)
    }
}

/// A field's name, in a type that borrows nothing: an escaped name is the same name.
#[derive(serde::Deserialize)]
struct FieldName(String);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(Zeroizing::new(text.to_owned())))
    }

    /// Reads on value by value, so that the reader's own limit of depth holds.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let first = list.next_element::<Value>()?.unwrap_or_default();
        while list.next_element::<Value>()?.is_some() {}
        Ok(Value::List(Box::new(first)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Object::default();
        let mut is_clear = true;
        while let Some((name, value)) = map.next_entry::<FieldName, Value>()? {
            let slot = match name.0.as_str() {
                USER_TOKEN => &mut object.user_token,
                ERROR_KEY => &mut object.error_key,
                _ => continue,
            };
            is_clear &= matches!(slot, Value::Absent);
            *slot = value;
        }
        Ok(if is_clear { Value::Object(Box::new(object)) } else { Value::Other })
    }
}
