# workers.py: a pool of processes, one or more for each processor, that does not outlive its user.
import concurrent.futures
import contextlib
import multiprocessing
import os
import signal


def begin(prepare):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the handlers are for the process that cleans up
    prepare()


@contextlib.contextmanager
def pool(prepare=lambda: None, each=1):
    """Makes a pool with this many processes for each processor: more than one if they mostly wait. Each calls prepare
    first. After an exception in the block no further task is started. The processes are forks, since they use what
    the program has set; Python 3.14 makes none by default."""
    with concurrent.futures.ProcessPoolExecutor(each * len(os.sched_getaffinity(0)), initializer=begin,
                                                initargs=(prepare,),
                                                mp_context=multiprocessing.get_context("fork")) as made:
        try:
            yield made
        except BaseException:
            made.shutdown(wait=False, cancel_futures=True)
            raise
