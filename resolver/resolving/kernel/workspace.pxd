# The layout of the workspace, which all compiled modules of the kernel share.

cdef class Workspace:
    # the index
    cdef readonly object index
    cdef unsigned char[::1] roman
    cdef unsigned int[::1] roman_at
    cdef unsigned char[::1] word_native
    cdef float[::1] word_weights
    cdef unsigned int[::1] word_codes
    cdef unsigned char[::1] word_roles
    cdef unsigned short[::1] word_marks
    cdef unsigned int[::1] form_at
    cdef unsigned int[::1] form_words
    cdef unsigned short[::1] form_legal
    cdef unsigned int[::1] alias_at
    cdef unsigned int[::1] aliases
    cdef unsigned int[::1] alias_entity
    cdef unsigned char[::1] alias_weak
    cdef unsigned int[::1] alias_written_at
    cdef unsigned int[::1] alias_written
    cdef unsigned char[::1] entity_type
    cdef unsigned char[::1] entity_latin
    cdef float[::1] entity_prior
    cdef unsigned char[::1] entity_gone

    # the mention
    cdef int mention_tokens
    cdef int mention_pairs
    cdef int mention_pieces
    cdef bint mention_latin
    cdef int core_start
    cdef int core_end
    cdef int[::1] piece_first
    cdef int[::1] piece_mask
    cdef int[::1] piece_flags
    cdef unsigned char[::1] piece_letter
    cdef int[::1] mention_words
    cdef unsigned int[::1] mention_codes
    cdef unsigned char[::1] mention_roles
    cdef double[::1] mention_weights
    cdef double[::1] mention_known
    cdef unsigned short[::1] mention_marks
    cdef unsigned long long[::1] letter_places
    cdef Py_ssize_t letter_count

    # the batch of forms
    cdef readonly Py_ssize_t form_count
    cdef readonly Py_ssize_t word_count
    cdef Py_ssize_t slot_mask
    cdef int[::1] slots
    cdef int[::1] used_slots
    cdef unsigned int[::1] words
    cdef float[::1] weights
    cdef int[::1] first
    cdef int[::1] tokens
    cdef unsigned short[::1] legal
    cdef unsigned int[::1] spare_forms
    cdef float[::1] spare_shares
    cdef int[::1] places

    # items and their similarities
    cdef readonly Py_ssize_t stride
    cdef readonly object item_letters
    cdef readonly object item_starts
    cdef readonly object similarities
    cdef readonly object learned_similarities
    cdef unsigned char[::1] letters
    cdef int[::1] starts
    cdef double[::1] similar
    cdef double[::1] learned

    # the alignment of one form
    cdef int match_count
    cdef int[::1] match_piece
    cdef int[::1] match_mask
    cdef int[::1] match_start
    cdef double[::1] match_value
    cdef double[::1] match_learned
    cdef double[::1] ranks
    cdef int[::1] possible_piece
    cdef int[::1] possible_mask
    cdef int[::1] possible_start
    cdef double[::1] possible_value
    cdef double[::1] possible_learned

    # the measures of one form, from which its features are written
    cdef double mention_sum
    cdef double name_sum
    cdef double mention_close
    cdef double name_close
    cdef double mention_learned
    cdef double name_learned
    cdef double worst
    cdef double phonetic
    cdef double initials
    cdef double same_initial_letters
    cdef double unlike_words
    cdef double missing
    cdef double extra
    cdef double all_mention
    cdef double all_name
    cdef int used_mention
    cdef int used_name
    cdef int replaced
    cdef int kinds_replaced
    cdef bint reversed
    cdef bint beyond
    cdef double letter_similarity
    cdef Py_ssize_t shorter_letters
    cdef int differing_marks
    cdef bint number_lacking
    cdef bint place_lacking

    # features and scores
    cdef readonly object feature_row
    cdef double[::1] features
    cdef double[::1] role_shares
    cdef double[::1] quick_scores

    # the ranking of entities
    cdef int[::1] written_words
    cdef unsigned int[::1] written_numbers
    cdef unsigned char[::1] written_marked
    cdef int[::1] agreed
    cdef unsigned char[::1] seen
    cdef readonly double top
    cdef readonly double mass
    cdef readonly double rivals

    # the place of the first form of the batch among those that are compared with the mention
    cdef public Py_ssize_t batch_start

    # what Python keeps here: the search of the index, and the last mention searched for with what was found
    cdef public object search
    cdef public object last_search
