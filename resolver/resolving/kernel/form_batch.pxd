cdef double indel_similarity(unsigned long long row, Py_ssize_t letters) noexcept
