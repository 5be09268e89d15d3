/*
 * Messages of every msgpack type and width that we accept, in hexadecimal.
 */
#ifndef TESTS_UNIT_SUPPORT_WIRE_H
#define TESTS_UNIT_SUPPORT_WIRE_H

enum { SUPPORT_WIRE_GOOD = 31 };

extern const char *const support_wire_good[SUPPORT_WIRE_GOOD];

#endif
