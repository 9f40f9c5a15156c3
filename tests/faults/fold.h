/* fold.h: finds names without regard to case, for a filesystem that does not distinguish it. */
#ifndef TESTS_FAULTS_FOLD_H
#define TESTS_FAULTS_FOLD_H

/* Returns a relative path with each component spelled as it is stored, if the directory has a name
 * that differs from it only in the case of ASCII letters. Other components stay as given. The
 * result is valid until the thread's second next call. */
const char *fold_path(const char *path);

#endif
