//! `generate` gives what is committed, whatever the order of its input, and says everything that is not so. Nothing here
//! needs the client: it works while generated code does not compile.

mod common;
#[path = "../../tests/tests/golden/regenerate.rs"]
mod goldens;

use common::workspace;

#[test]
fn goldens() {
    goldens::check(&workspace().join("tests/tests/golden"));
}
