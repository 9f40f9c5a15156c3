# gnu.py: the version of the GNU commands, and the texts of later ones as coreutils 9.1 prints them.
import os
import subprocess

TEXTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cli/gnu_texts")
VERSION = subprocess.run(["/usr/bin/cp", "--version"], stdout=subprocess.PIPE, text=True,
                         check=True).stdout.splitlines()[0].split()[-1]


def since(version):
    """Tells if the commands have this version, such as 9.10, or a later one."""
    return [int(part) for part in VERSION.split(".")] >= [int(part) for part in version.split(".")]


def program(command):
    return os.path.join("/usr/bin", command)


def as_9_1(text):
    return subprocess.run([TEXTS], input=text, stdout=subprocess.PIPE, check=True).stdout
