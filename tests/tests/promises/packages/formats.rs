//! The promises of the recipes for other systems.
