#include "kernels/probe.h"

bool
probe_never(void)
{
    return false;
}

#if defined(__x86_64__) || defined(__i386__)

bool
probe_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0 &&
           __builtin_cpu_supports("fma") != 0;
}

bool
probe_avx512(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}

bool
probe_neon(void)
{
    return false;
}

#else

bool
probe_avx2(void)
{
    return false;
}

bool
probe_avx512(void)
{
    return false;
}

bool
probe_neon(void)
{
    // Every 64-bit ARM has it; neon.c asks nobody else.
    return true;
}

#endif
