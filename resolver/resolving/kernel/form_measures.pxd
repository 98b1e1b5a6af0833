from resolver.resolving.kernel.workspace cimport Workspace

cdef unsigned char role_of_token(Workspace w, Py_ssize_t form, Py_ssize_t j) noexcept
cdef double weight_of_token(Workspace w, Py_ssize_t form, Py_ssize_t j) noexcept
cdef void measure_matches(Workspace w, Py_ssize_t form, bint across) noexcept
cdef void measure_rest(Workspace w, Py_ssize_t form) noexcept
cdef void measure_letters(Workspace w, Py_ssize_t form) noexcept
cdef void measure_filiation(Workspace w, Py_ssize_t form) noexcept
cdef void measure_marks(Workspace w, Py_ssize_t form) noexcept
cdef bint is_equal(Workspace w, Py_ssize_t form) noexcept
cdef bint is_core_equal(Workspace w, Py_ssize_t form) noexcept
cdef bint is_swapped(Workspace w) noexcept
