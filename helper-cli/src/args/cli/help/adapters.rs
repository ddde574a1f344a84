//! Owns the longer texts of the help of the commands that answer other programs.

pub(in crate::args::cli) const GIT_CREDENTIAL: &str = "\
Set it up for one host, and keep helpers away from it that would store the token:
  git config --global credential.https://git.example.helper ''
  git config --global --add credential.https://git.example.helper \\
      '!cp-token git-credential'

Of several profiles for that host, one is chosen with:
  git config --global credential.https://git.example.username prod

get reads a description from standard input and prints an answer; nothing, with exit code 0, for a host that is no
profile's; and one line on standard error, with the usual exit codes, if there is no token. store does nothing; erase
reports that the server refused the token, and the next get brings another one. Called by the name
git-credential-cp-token it is the same; then `helper = cp-token` is enough.";

pub(in crate::args::cli) const BAZEL: &str = "\
This line belongs into .bazelrc:
  common --credential_helper=cache.example=/path/to/bazel-credential-cp-token

Its program is a link of that name to cp-token: Bazel adds the word get, and can add no other.

{\"uri\": ...} on standard input, {\"headers\": ..., \"expires\": ...} on standard output. A URI of another origin
than a profile's is a failure, with exit code 64.";

pub(in crate::args::cli) const DOCKER: &str = "\
This entry belongs into ~/.docker/config.json:
  \"credHelpers\": {\"registry.example\": \"cp-token\"}

It runs docker-credential-cp-token: a link of that name to cp-token, in the PATH.

The token goes as password, beside the profile's name. For a server that is no profile's, standard output says
\"credentials not found in native keychain\", and the exit code is 1.";

pub(in crate::args::cli) const KUBECTL: &str = "\
In the kubeconfig:
  users: [{name: me, user: {exec: {
    apiVersion: client.authentication.k8s.io/v1, command: cp-token,
    args: [kubectl], interactiveMode: IfAvailable, provideClusterInfo: true}}}]

With provideClusterInfo the cluster's server has to be exactly the origin of a profile. Without it the kubeconfig
decides where the token goes: it is that of -p, of $CP_TOKEN_PROFILE, or of the default profile.";
