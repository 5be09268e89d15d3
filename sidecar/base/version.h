/*
 * The program's version: what `leeway version` prints and `ping` answers.
 */
#ifndef SIDECAR_BASE_VERSION_H
#define SIDECAR_BASE_VERSION_H

#define VERSION_TEXT "0.1.0"

#endif
