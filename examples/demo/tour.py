"""A tour that several people plan in one form: Django checks each change, and saves what they have agreed on."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from demo.models import Tour
from djng import facilities
from djng.forms import NgModelFormMixin


class TourForm(NgModelFormMixin, forms.ModelForm):
    scope_prefix = 'tour'

    class Meta:
        model = Tour
        fields = ['title', 'route', 'guide', 'begin', 'end', 'places', 'price', 'notes']
        widgets = {'notes': forms.Textarea({'rows': 3})}

    def clean_title(self):
        title = self.cleaned_data['title']
        return title[:1].upper() + title[1:]

    def clean(self):
        data = super().clean()
        if data.get('begin') and data.get('end'):
            days = (data['end'] - data['begin']).days + 1
            if days < 1:
                self.add_error('end', 'The last day is before the first.')
            elif days > 14:
                self.add_error('end', f'Nobody rides for {days} days. 14 are the most.')
        return data


def tour(request):
    tour = get_object_or_404(Tour, pk=1)
    context = {
        'tour': tour,
        'form': TourForm(instance=tour, label_suffix=''),
        # What others have entered is there before the socket is open.
        'draft': facilities.get(f'tour-{tour.pk}').collection,
        'saved': facilities.get(f'saved-tour-{tour.pk}').collection,
    }
    return render(request, 'demo/tour.html', context)


@require_POST
def save(request, pk):
    try:
        facilities.get(f'tour-{pk}').commit()
    except ValidationError as error:
        return JsonResponse({'errors': error.message_dict}, status=422)
    return HttpResponse(status=204)
