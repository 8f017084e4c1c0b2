"""The table of tours, and a tour in it."""

import django.core.validators
from django.db import migrations, models

import demo.forms


def add_tour(apps, schema_editor):
    apps.get_model('demo', 'Tour').objects.create(
        title='Along the Inn in June',
        route='inn',
        begin='2027-06-12',
        end='2027-06-19',
        places=12,
        price='890.00',
        guide='ada@example.com',
        notes='Luggage goes by van.',
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name='Tour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=60)),
                ('route', models.CharField(choices=demo.forms.ROUTES, max_length=20)),
                ('begin', models.DateField(help_text='As in 2027-06-12', verbose_name='first day')),
                ('end', models.DateField(verbose_name='last day')),
                (
                    'places',
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(4),
                            django.core.validators.MaxValueValidator(24),
                        ]
                    ),
                ),
                (
                    'price',
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=6,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name='price in €',
                    ),
                ),
                ('guide', models.EmailField(max_length=254, verbose_name='e-mail of the guide')),
                ('notes', models.TextField(blank=True)),
            ],
        ),
        migrations.RunPython(add_tour, migrations.RunPython.noop),
    ]
