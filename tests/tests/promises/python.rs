//! Promises to Python programs: the official SDK and the official CLI, both real, live on cp-token's tokens through
//! expiry, revocation and restarts, and each of these costs one token request.

mod provider;
mod threads;
mod wrapper;

use cp_token_tests::python_session::modules;
use cp_token_tests::world::World;

/// The grammar of Python 3.8 and a first sentence that says what the file owns.
const LOOK: &str = "\
import ast, sys
for name in sys.argv[1:]:
    with open(name) as file:
        tree = ast.parse(file.read(), name, feature_version=(3, 8))
    print((ast.get_docstring(tree) or '').split()[:1])
";

#[test]
fn the_python_files_are_written_in_the_oldest_python_that_they_promise() {
    let world = World::new();
    let files = ["cp_token.py", "crashplan-cp-token"].map(|name| modules().join(name));
    let look = world.program("python3").args(["-W", "error", "-c", LOOK]).args(files);
    assert_eq!(look.run().succeeded().stdout, "['Owns']\n['Owns']\n");
    let newer = world.path("newer.py");
    std::fs::write(&newer, "match 1:\n case 1: pass\n").expect("write a file");
    assert_ne!(world.program("python3").args(["-c", LOOK]).args([newer]).run().code, 0);
}
