"""Problems of the audit operations."""

from serving.audit.service import BadSubjectError

PROBLEMS = (BadSubjectError(),)
