from resolver.resolving.kernel.workspace cimport Workspace

cdef int written_agreement(Workspace w, unsigned int form, unsigned int alias) noexcept
