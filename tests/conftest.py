import os

from tests.examples import register_profiles
from tests.memory_folder import use_memory_folder

# What the Makefile gives the suites that run the engine; servers and jobs run without, as ever.
os.environ.pop("LD_PRELOAD", None)
use_memory_folder()
register_profiles()
