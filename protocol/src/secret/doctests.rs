//! Owns the checks, by the compiler, that no secret is displayed, cloned or serialised, each beside its positive
//! control.

/// ```
/// let secret = cp_token_protocol::Secret::copy_of(b"hunter2");
/// assert_eq!(format!("{:?}", secret), "Secret(redacted)");
/// ```
/// ```compile_fail,E0277
/// let secret = cp_token_protocol::Secret::copy_of(b"hunter2");
/// assert_eq!(format!("{}", secret), "Secret(redacted)");
/// ```
/// ```
/// fn copy<T: Clone>(_: T) {}
/// copy("hunter2");
/// ```
/// ```compile_fail,E0277
/// fn copy<T: Clone>(_: T) {}
/// copy(cp_token_protocol::Secret::copy_of(b"hunter2"));
/// ```
/// ```
/// fn write<T: serde::Serialize>(_: T) {}
/// write("hunter2");
/// ```
/// ```compile_fail,E0277
/// fn write<T: serde::Serialize>(_: T) {}
/// write(cp_token_protocol::Secret::copy_of(b"hunter2"));
/// ```
struct OfSecret;

/// ```
/// let token = cp_token_protocol::AccessToken::copy_of(b"hunter2")?;
/// assert_eq!(format!("{:?}", token), "AccessToken(redacted)");
/// # Ok::<(), cp_token_protocol::TokenError>(())
/// ```
/// ```compile_fail,E0277
/// let token = cp_token_protocol::AccessToken::copy_of(b"hunter2")?;
/// assert_eq!(format!("{}", token), "AccessToken(redacted)");
/// # Ok::<(), cp_token_protocol::TokenError>(())
/// ```
/// ```
/// fn copy<T: Clone>(_: T) {}
/// copy(cp_token_protocol::ProfileName::parse("prod")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// ```compile_fail,E0277
/// fn copy<T: Clone>(_: T) {}
/// copy(cp_token_protocol::AccessToken::copy_of(b"hunter2")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// ```
/// fn write<T: serde::Serialize>(_: T) {}
/// write("hunter2");
/// ```
/// ```compile_fail,E0277
/// fn write<T: serde::Serialize>(_: T) {}
/// write(cp_token_protocol::AccessToken::copy_of(b"hunter2")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
struct OfAccessToken;
