//! Owns the parsing of the few JSON fields that have a meaning, from bytes that may be anything. It must not keep a text
//! unwiped, nor pass on the parser's own errors, which quote the input.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// A field's value, as far as any field needs it.
#[derive(Default)]
pub(super) enum Value {
    /// The field is missing.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// Any number.
    Number(f64),
    /// Any text; wiped, since it may be the token.
    Text(Zeroizing<String>),
    /// An object.
    Object(Box<Object>),
    /// A list, by its first entry.
    List(Box<Value>),
    /// A boolean.
    Bool,
}

impl Value {
    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// The object, if it is one and has no known field twice.
    pub(super) fn object(&self) -> Option<&Object> {
        if let Value::Object(object) = self { Some(&**object).filter(|it| !it.has_duplicate) } else { None }
    }

    /// The object, or the first one of the list.
    pub(super) fn first_object(&self) -> Option<&Object> {
        if let Value::List(first) = self { first.first_object() } else { self.object() }
    }
}

/// The known fields of a JSON object, at whatever depth.
#[derive(Default)]
pub(super) struct Object {
    pub(super) access_token: Value,
    pub(super) token_type: Value,
    pub(super) expires_in: Value,
    pub(super) error: Value,
    /// The object with the token of a user.
    pub(super) data: Value,
    /// In `data`: the token of a user.
    pub(super) v3_user_token: Value,
    /// In `error`, or in the first object of its list: the name of the error.
    pub(super) primary_error_key: Value,
    /// Whether one of these fields occurs twice.
    pub(super) has_duplicate: bool,
}

impl Object {
    /// Parses the bytes as exactly one JSON object.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let value = serde_json::from_slice(bytes).ok()?;
        if let Value::Object(object) = value { Some(*object) } else { None }
    }

    fn put(&mut self, name: &str, value: Value) {
        let field = match name {
            "access_token" => &mut self.access_token,
            "token_type" => &mut self.token_type,
            "expires_in" => &mut self.expires_in,
            "error" => &mut self.error,
            "data" => &mut self.data,
            "v3_user_token" => &mut self.v3_user_token,
            "primaryErrorKey" => &mut self.primary_error_key,
            _ => return,
        };
        self.has_duplicate |= !matches!(field, Value::Absent);
        *field = value;
    }
}

/// A field's name, as an owned text: an escaped name is the same name.
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
        Ok(Value::Bool)
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

    /// Parses every element as a value, so that the parser's own limit of depth applies.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let first = list.next_element::<Value>()?.unwrap_or_default();
        while list.next_element::<Value>()?.is_some() {}
        Ok(Value::List(Box::new(first)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Box::<Object>::default();
        while let Some((name, value)) = map.next_entry::<FieldName, Value>()? {
            object.put(&name.0, value);
        }
        Ok(Value::Object(object))
    }
}
