# Owns how Nix builds cp-token from this checkout: nix-build packaging/nix. It fetches no sources of its own.
{ pkgs ? import <nixpkgs> { } }:

let
  manifest = builtins.fromTOML (builtins.readFile ../../Cargo.toml);
in
pkgs.rustPlatform.buildRustPackage {
  pname = "cp-token";
  version = manifest.workspace.package.version;
  src = pkgs.lib.cleanSource ../..;
  cargoLock.lockFile = ../../Cargo.lock;

  cargoBuildFlags = [ "--package=cp-token-helper" "--package=cp-token-daemon" ];
  # The tests want a machine with keyrings, shells and consoles; tests/run is their place.
  doCheck = false;

  nativeBuildInputs = [ pkgs.installShellFiles ];
  # cp-token and cp-tokend lie in one folder, which is how the former finds the latter.
  postInstall = ''
    for program in git bazel docker; do
      ln -s cp-token $out/bin/$program-credential-cp-token
    done
    for page in $($out/bin/cp-token manual --list); do
      $out/bin/cp-token manual $page > $page
      installManPage $page
    done
    for shell in bash fish; do
      $out/bin/cp-token completions $shell > cp-token.$shell
      installShellCompletion --$shell --name cp-token.$shell cp-token.$shell
    done
    { $out/bin/cp-token completions zsh; echo '_clap_dynamic_completer_cp_token "$@"'; } > _cp-token
    installShellCompletion --zsh --name _cp-token _cp-token
    install -Dm644 -t $out/share/cp-token/python packaging/python/cp_token.py
    install -Dm755 -t $out/share/cp-token/python packaging/python/crashplan-cp-token
    install -Dm644 -t $out/share/doc/cp-token LICENSE README.md SECURITY.md
    cp -r docs $out/share/doc/cp-token/docs
  '';

  meta = {
    description = "Valid CrashPlan API tokens for every script, secrets in none";
    homepage = manifest.workspace.package.repository;
    license = with pkgs.lib.licenses; [ mit asl20 ];
    mainProgram = "cp-token";
    platforms = pkgs.lib.platforms.unix;
  };
}
