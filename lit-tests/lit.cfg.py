# The golden tests. One suite, run in any configuration of configurations.py:
#   lit BUILD/lit-tests --param config=suspend-all
# Substitutions:
#   %valkc        the compiler, without flags: for goldens of a stage (`%valkc --emit=core %s -o -`)
#   %run FILE     compiles FILE with the configuration's flags (cached) and runs it
#   %flags        the configuration's flags for valkc, for tests that compile by hand
#   %filecheck    FileCheck; %not: succeeds if its command fails
#   %cxx %cmake %python   the tools of the configuration and build
#   %source %build        roots of the source and build trees
import os
import shutil
import subprocess
import sys

import lit.formats

suite = os.path.join(config.source_root, "lit-tests")
sys.path.insert(0, suite)
import configurations

config.name = "valkyria"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".valk", ".cps", ".test"]
# programs/ belongs to scripts/run-programs, which compiles in batches.
config.excludes = ["Inputs", "programs", "README.md"]
config.test_source_root = suite

configuration = configurations.BY_NAME[lit_config.params.get("config", configurations.DEFAULT)]
if configuration.name != configurations.DEFAULT:
    config.name += "-" + configuration.name
    # What is independent of how programs are compiled is tested once.
    config.excludes += ["frontend", "cps", "codegen", "driver", "errors", "cmake"]
config.test_exec_root = os.path.join(config.build_root, "lit-tests", "out", configuration.name)

valkc = os.path.join(config.build_root, "driver", "valkc")
runner = os.path.join(config.source_root, "scripts", "run-programs")
flags = " ".join(configuration.valkc_flags)
# lit's own time-outs need a module that is not always there.
limit = f"timeout -k 10 {min(1200, 180 * configuration.slowness)}"
limit_of_scripts = f"timeout -k 10 {min(600, 300 * configuration.slowness)}"
run = f"{limit} {config.python} {runner} --build {config.build_root} --config {configuration.name} --exec"
# Tests of networking use the module h2 of Debian's own python.
system_python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else config.python

# Longer names first: lit replaces text, in this order.
config.substitutions += [
    ("%valkc", f"{limit} {valkc}"),
    ("%run", run),
    ("%flags", flags),
    ("%filecheck", config.filecheck),
    ("%not", config.not_tool),
    ("%build_cxx", config.build_cxx),
    ("%cxx", configuration.cxx),
    ("%cmake", config.cmake),
    ("%python", f"{limit_of_scripts} {system_python}"),
    ("%source", config.source_root),
    ("%build", config.build_root),
]

config.environment.update(configuration.env)
config.environment["FILECHECK_OPTS"] = "--dump-input-filter=error --allow-unused-prefixes=false"
config.environment["VALKYRIA_COLOR"] = "never"
config.environment["PYTHONPATH"] = suite  # free_ports.py
for name in ("HOME", "CCACHE_DIR", "CXX", "SSL_CERT_FILE"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.available_features |= configuration.all_features
if config.sanitize:
    config.available_features.add("sanitized")
    config.environment["PEAK_KIB"] = "400000"  # tests that bound memory: freed memory is kept for a while
if os.access(valkc, os.X_OK):
    config.available_features.add("valkc")
for tool in ("nghttpd", "nghttp", "h2load", "nginx", "curl", "openssl", "node", "gdb", "valgrind", "go", "chromedriver"):
    if shutil.which(tool) or os.path.exists("/usr/sbin/" + tool):
        config.available_features.add(tool)
if subprocess.run([system_python, "-c", "import h2"], capture_output=True).returncode == 0:
    config.available_features.add("python-h2")
