"""A bicycle tour, as the database keeps it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from demo.forms import ROUTES


class Tour(models.Model):
    title = models.CharField(max_length=60)
    route = models.CharField(max_length=20, choices=ROUTES)
    begin = models.DateField('first day', help_text='As in 2027-06-12')
    end = models.DateField('last day')
    places = models.PositiveSmallIntegerField(validators=[MinValueValidator(4), MaxValueValidator(24)])
    price = models.DecimalField('price in €', max_digits=6, decimal_places=2, validators=[MinValueValidator(0)])
    guide = models.EmailField('e-mail of the guide')
    notes = models.TextField(blank=True)

    def __str__(self):
        return self.title
