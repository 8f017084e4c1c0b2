"""A facility whose collection is the shared draft of a model's instance: it begins as this, and is saved to it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import router, transaction
from django.db.models import F
from django.forms import BaseModelForm
from django.forms.models import modelform_factory
from django.http import Http404
from redis.exceptions import RedisError

from djng import saves
from djng.cleaning import bound_form
from djng.collection import Collection, DictCollection
from djng.drafts import Draft
from djng.facilities import Facility, registry
from djng.instances import state_of, texts_of_form, would_change
from djng.state.reading import decode

logger = logging.getLogger('djng')


class ModelFormFacility(Facility):
    """What all who are bound to it share is the draft of an instance, which the pattern's arguments look up.

    The first one who comes finds what the database holds. :meth:`commit` saves the draft; what is saved elsewhere flows
    into it. Methods block, and use the database and Redis.
    """

    #: The model; that of ``form_class`` where it is None.
    model: Any = None
    #: Names of the model's fields, or ``'__all__'``, for a form that is made where ``form_class`` is None.
    fields: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if 'form_class' not in own and ('model' in own or 'fields' in own) and cls.model and cls.fields:
            cls.form_class = modelform_factory(cls.model, fields=cls.fields)
        if cls.model is None and cls.form_class is not None:
            cls.model = cls.form_class._meta.model

    @classmethod
    def registered(cls) -> None:
        """Check the form, and listen to what is saved elsewhere."""
        super().registered()
        if not (isinstance(cls.form_class, type) and issubclass(cls.form_class, BaseModelForm) and cls.model):
            raise ImproperlyConfigured(
                f'{cls.__module__}.{cls.__qualname__} needs a form_class that is a ModelForm, or a model and fields.'
            )
        saves.watch(cls)

    @classmethod
    def names_for(cls, instance: Any) -> list[str]:
        """Return the names of the facilities that are about ``instance``.

        They are what the patterns make of its attributes: ``person-3`` for ``person-<int:pk>``. Override it where the
        arguments are no attributes.
        """
        return registry.names(cls, instance)

    @classmethod
    def unknown_arguments(cls) -> list[str]:
        """Return the patterns' arguments that are no attributes of the model; none where names are made otherwise."""
        if cls.names_for.__func__ is not ModelFormFacility.names_for.__func__:  # type: ignore[attr-defined]
            return []
        return [name for name in registry.arguments(cls) if not _has(cls.model, name.split('__'))]

    def get_queryset(self) -> Any:
        """Return the instances that there may be; by default all, in the database that is written to."""
        return self.model._default_manager.using(router.db_for_write(self.model))

    def get_object(self) -> Any:
        """Return the instance, read anew; raises :exc:`~django.http.Http404` where there is none."""
        try:
            return self.get_queryset().get(**self.kwargs)
        except self.model.DoesNotExist as error:
            raise Http404(f'there is no such {self.model._meta.verbose_name}') from error

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return arguments for the form: its ``instance``, as it is in the database."""
        return {**super().get_form_kwargs(), 'instance': self.get_object()}

    @property
    def collection(self) -> DictCollection:
        """The draft, which is what is bound for everybody."""
        return Collection(self.name, broadcast=True)

    def prepare(self) -> None:
        """See that there is such an instance, and begin the draft with it where there is none."""
        self.get_object()
        draft = Draft(self.collection)
        if draft.known() is None:
            with draft.turn():
                if draft.known() is None:
                    self._begin(draft)

    def refresh(self) -> None:
        """Take into the draft what has changed in the database since it was last looked at, and leave all else.

        This is what happens by itself when an instance is saved. Call it after what Django sends no signals for.
        """
        draft = Draft(self.collection)
        if draft.known() is None:
            return  # whoever comes next finds what the database holds
        with draft.turn():
            stored = self._stored()
            draft.lay(_news(stored, draft.known() or stored))
            draft.learn(stored)

    def commit(self) -> Any:
        """Save the draft, and return the instance; raise :exc:`ValidationError` with reasons by field if it is wrong.

        The whole form is checked with the draft as it is at one moment. It is saved in a transaction, with a lock on
        the instance's row; nothing is where it holds all of it already, as when two people
        press a button at the same time. Then the draft becomes what was saved, but for what was typed meanwhile;
        within a transaction this waits until that commits.
        """
        draft, using = Draft(self.collection), router.db_for_write(self.model)
        with saves.held_back(), draft.turn():
            texts, known = draft.look()
            if known is None:
                texts, known = self._begin(draft)
            instance = self.get_object()
            with transaction.atomic(using=using):
                _lock(instance, using)
                saved = stored = self._stored()
                news = _news(stored, known)
                seen = {**texts, **news}
                form: Any = bound_form(self.get_form, {name: decode(text) for name, text in seen.items()})
                before = state_of(form.instance)
                if not form.is_valid():
                    raise ValidationError(form.errors.as_data())
                if would_change(form, before):
                    with saves.by(self.name):
                        form.save()
                    saved = self._stored()
            settle = partial(self._settle, draft, saved, seen, news)
            is_waiting = transaction.get_connection(using).in_atomic_block
            if not is_waiting:
                settle()
        if is_waiting:
            transaction.on_commit(partial(_in_turn, draft, settle), using=using)
        return form.instance

    async def acommit(self) -> Any:
        """Do what :meth:`commit` does."""
        return await sync_to_async(self.commit)()

    def _begin(self, draft: Draft) -> tuple[dict[str, str], dict[str, str]]:
        """Begin a draft; return its properties, and what the database holds."""
        # There is something already where browsers have brought back what Redis had lost.
        stored, texts = self._stored(), draft.texts()
        draft.lay({name: text for name, text in stored.items() if name not in texts})
        draft.learn(stored)
        return {**stored, **texts}, stored

    def _stored(self) -> dict[str, str]:
        return texts_of_form(self.form_class(**self.get_form_kwargs()))

    def _settle(self, draft: Draft, saved: Mapping[str, str], seen: Mapping[str, str], news: Mapping[str, str]) -> None:
        try:
            draft.settle(saved, seen, news)
            draft.learn(saved)
        except (RedisError, OSError) as error:
            # It is saved; the next look at the database tells browsers.
            logger.warning('%s was saved, but could not be told: %s', self.name, error)


def _has(model: Any, path: list[str]) -> bool:
    """Whether a model has attributes that lead to one another, as far as relations tell what they lead to."""
    if not path or model is None:
        return True
    if not hasattr(model, path[0]):
        return False
    related = {field.name: field.related_model for field in model._meta.get_fields() if field.is_relation}
    return path[0] not in related or _has(related[path[0]], path[1:])


def _news(stored: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in stored.items() if known.get(name) != text}


def _lock(instance: Any, using: str) -> None:
    """Let nobody else write the instance's row before the transaction is over."""
    rows = instance._meta.base_manager.using(using).filter(pk=instance.pk)
    if transaction.get_connection(using).features.has_select_for_update:
        list(rows.select_for_update().values_list('pk'))
    else:
        # SQLite sends away who reads first and writes then; who begins with writing waits.
        key = instance._meta.pk.name
        rows.update(**{key: F(key)})


def _in_turn(draft: Draft, settle: Any) -> None:
    with draft.turn():
        settle()
