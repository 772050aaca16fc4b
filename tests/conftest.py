from tests.examples import register_profiles
from tests.memory_folder import use_memory_folder

use_memory_folder()
register_profiles()
