from resolver.resolving.kernel.workspace cimport Workspace

cdef bint is_lone_letter(Workspace w, Py_ssize_t j) noexcept
cdef bint is_across(Workspace w, Py_ssize_t form) noexcept
cdef int align(Workspace w, Py_ssize_t form) noexcept
